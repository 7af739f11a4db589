/* SPDX-License-Identifier: MIT */
/*
 * service.h - token-service: the token services of all vendors, for tests
 *
 * One process, one port, any number of tenants. A tenant is one vendor's service with its own
 * options, users and tokens below the path /NAME; /_admin/ creates and controls it (README).
 * Everything except sending, receiving and sleeping happens under one mutex, which the functions
 * here expect to be held.
 *
 * This is a test's program: it ends if memory runs out.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct MHD_Connection;

/* --- options.c: what can be chosen for a tenant ------------------------------- */

enum opt {
	OPT_VENDOR, OPT_LIFETIME, OPT_REFRESH_LIFETIME, OPT_ROTATE, OPT_REUSE_DETECTION, OPT_GRACE,
	OPT_KILL_OLD, OPT_USER, OPT_SUBJECT, OPT_PASSWORD, OPT_COMPANY, OPT_CLIENT_AUTH,
	OPT_CLIENT_ID, OPT_CLIENT_SECRET, OPT_SCOPE, OPT_SIZE, OPT_SPECIAL, OPT_JWT, OPT_SPELLING,
	OPT_MEDIA, OPT_ERROR_SHAPE, OPT_ERROR_BODY, OPT_CHALLENGE, OPT_DISCOVERY, OPT_ISSUER,
	OPT_SKEW, OPT_DATE, OPT_EXPIRES, OPT_OFFSET, OPT_ZONE, OPT_NOISY, OPT_WITHOUT, OPT_TARGETS,
	OPT_EXCHANGE_LIFETIME, OPT_AUDIENCE, OPT_DATE_SKEW, OPT_REFUSAL, OPT_REVOCATION,
	OPT_REFRESH_EXPIRES_IN,
	OPT_COUNT
};

struct tenant;
/* What tenants made from now on begin with; value is kept. */
bool option_set_standard(enum opt option, const char *value);
void options_default(struct tenant *tenant);
/* Sets one by name; false with a reason when there is no such option or value. */
bool option_set(struct tenant *tenant, const char *name, const char *value, const char **why);
bool option_is(const struct tenant *tenant, enum opt option, const char *value);
bool option_yes(const struct tenant *tenant, enum opt option);
int64_t option_ms(const struct tenant *tenant, enum opt option);	/* of seconds */
int64_t option_number(const struct tenant *tenant, enum opt option);
void options_print(const struct tenant *tenant, FILE *file);

/* --- state.c: tenants and their tokens ---------------------------------------- */

enum counter {
	COUNT_REQUESTS, COUNT_EXCHANGES, COUNT_REFRESHES, COUNT_REFUSED, COUNT_REUSES,
	COUNT_REPLAYS, COUNT_LOGINS, COUNT_DISCOVERIES, COUNT_CHECKS, COUNT_CHECKS_REFUSED,
	COUNT_REVOCATIONS, COUNT_INTROSPECTIONS, COUNT_TOKEN_EXCHANGES, COUNT_RUNNING,
	COUNT_MAX_CONCURRENT, COUNT_FAULTS, COUNT_COUNT
};
extern const char *const counter_names[COUNT_COUNT];

struct family {			/* everything that came from one sign-in */
	struct family *next;
	bool revoked;
	char *scope;
};

struct token {
	struct token *next;
	char *text;
	struct family *family;
	int64_t dies_ms;	/* of now_ms(); INT64_MAX: never */
	bool revoked;
	int64_t spent_ms;	/* refresh tokens: when; -1: not yet */
	struct token *access;	/* refresh tokens: the access token issued with it … */
	struct token *heir;	/* … and the refresh token that came after */
};

struct tenant {
	struct tenant *next;
	char *name;
	char *options[OPT_COUNT];
	int64_t counters[COUNT_COUNT];
	struct family *families;
	struct token *access, *refresh;		/* newest first */
	struct fault *faults;
	bool disabled;
	unsigned serial;
	unsigned releases;	/* of what a fault holds */
	char *last_request;	/* the last exchange, as it came */
};

/* How an answer states when its token expires, and other things it may get wrong. */
enum expiry { EXPIRY_PLAIN, EXPIRY_ABSENT, EXPIRY_NULL, EXPIRY_NEGATIVE, EXPIRY_HUGE,
	      EXPIRY_STRING, EXPIRY_PAST, EXPIRY_RAW };

struct bytes {
	char *data;		/* NULL: null or absent */
	size_t len;
};

/* What an answer is rendered from. */
struct grant {
	struct bytes access, refresh;
	const char *type;	/* NULL: absent */
	const char *subject, *scope;
	int64_t issued;		/* the service's wall clock in 100 ns since the epoch */
	int64_t lifetime_ms;
	enum expiry expiry;
	const char *refresh_expires_in;	/* JSON, stated beside the refresh token; "": nothing */
	const char *raw_expiry, *raw_refresh;	/* JSON in the place of the member's value */
	bool duplicate;		/* the access token stands twice, differently */
	bool drop_access;	/* the answer has no such member */
};

enum outcome { GRANTED, UNKNOWN_TOKEN, SPENT_TOKEN, EXPIRED_TOKEN, WRONG_ACCESS, USER_DISABLED };

int64_t now_ms(void);					/* CLOCK_MONOTONIC */
int64_t tenant_clock(const struct tenant *tenant);	/* wall clock with skew, 100 ns */
/* What an answer states: whole seconds, at least one. */
int64_t grant_seconds(const struct grant *grant);

struct tenant *tenant_find(const char *name, size_t len);
struct tenant *tenant_create(const char *name);		/* replaces one of that name */
/* A new sign-in. fault may be NULL. */
void tenant_login(struct tenant *tenant, const char *scope, const struct fault *fault,
		  struct grant *ret);
/* Spends a refresh token; old_access NULL: not asked for. */
enum outcome tenant_redeem(struct tenant *tenant, const char *refresh, const char *old_access,
			   const struct fault *fault, struct grant *ret);
/* RFC 8693: one more access token of the sign-in that a good access token belongs to. */
enum outcome tenant_exchange(struct tenant *tenant, const char *subject, const struct fault *fault,
			     struct grant *ret);
bool tenant_valid(struct tenant *tenant, const char *access);
struct token *tenant_find_token(struct tenant *tenant, const char *text, bool *ret_refresh);
/* Whether such a refresh token was ever issued, whatever became of it. */
bool tenant_has_issued(struct tenant *tenant, const char *refresh);
void tenant_revoke_access(struct tenant *tenant, const struct family *family);	/* NULL: all */
void tenant_revoke_families(struct tenant *tenant);
void grant_release(struct grant *grant);

/* --- fault.c: what goes wrong on request -------------------------------------- */

enum fault_kind { FAULT_DELAY, FAULT_HOLD, FAULT_HANG, FAULT_RESET, FAULT_TRUNCATE, FAULT_OVERSIZE,
		  FAULT_MEDIA, FAULT_CANNED, FAULT_MANGLE, FAULT_FLAW };

struct fault {
	struct fault *next;
	const struct fault_name *name;
	char *value, *url;
	char *of;		/* NULL, or what has to be in the body of the request */
	char *at; /* refresh, exchange, login, discovery, revoke, introspect, userinfo, any */
	long times;		/* left; negative: for ever */
	long delay_ms;
	bool spend;		/* the exchange takes place before the fault shows */
};

struct answer;
struct request;
/* NAME[:VALUE]; NULL with a reason. */
struct fault *fault_new(const char *text, const char **why);
void fault_free(struct fault *fault);
/* The one that is due for this request of this kind, to be freed, or NULL. */
struct fault *fault_take(struct tenant *tenant, const char *at, const struct request *request);
enum fault_kind fault_kind(const struct fault *fault);
bool fault_is(const struct fault *fault, const char *name);	/* fault may be NULL */
void fault_mangle(const struct fault *fault, struct grant *grant);
void fault_canned(const struct fault *fault, const struct tenant *tenant, struct answer *answer);
/* flaw.c: what is wrong with the bytes of an answer that is right; false: no such flaw. */
bool flaw_known(const char *name);
void fault_flaw(const struct fault *fault, struct answer *answer);

/* --- requests and answers ------------------------------------------------------ */

enum body_kind { BODY_NONE, BODY_JSON, BODY_FORM, BODY_XML, BODY_OTHER, BODY_BROKEN };

struct pair {
	char *name, *value;	/* value NULL: present, but no string */
	char *space;		/* XML: the element's namespace */
};

struct body {
	enum body_kind kind;
	struct pair *list;
	size_t n;
	char *root, *space;	/* XML */
};

struct request {
	struct MHD_Connection *connection;
	const char *method;
	char *path;		/* below the tenant, with its "/" */
	char *raw;
	size_t len;
	bool too_long;
	struct body body;
	struct tenant *tenant;
};

/* body.c */
void body_parse(struct body *body, const char *content_type, const char *raw, size_t len);
void body_release(struct body *body);
/* The only value of that name, or NULL: absent, twice, or no string. */
const char *body_get(const struct body *body, const char *name);
/* Percent-decoded into fresh memory; NULL when it is no such text, or has a NUL in it. */
char *form_decode(const char *text, size_t len);
/* As a .NET DataContractSerializer reads it: root and namespace must be right, and an
 * element that stands before its place in `order` (ends with NULL) counts as absent. */
const char *body_get_contract(const struct body *body, const char *root, const char *space,
			      const char *const *order, const char *name);

const char *request_header(const struct request *request, const char *name);
const char *request_query(const struct request *request, const char *name);
/* Authorization: Basic or Bearer into fresh memory; false: absent or another one. */
bool request_basic(const struct request *request, char **ret_user, char **ret_password);
bool request_bearer(const struct request *request, char **ret_token);
/* Whether the answer is to be XML: Accept, else what the request was. */
bool request_wants_xml(const struct request *request);
bool request_accepts(const struct request *request, const char *media);

#define HEADERS_MAX 8

enum wire {
	WIRE_WHOLE,
	WIRE_TRUNCATED,
	WIRE_ENDLESS,
	WIRE_RESET,
	WIRE_LONG,
	WIRE_SHORT,
	WIRE_UNENDED
};

struct answer {
	unsigned status;
	char *body;
	size_t len;
	char *media;		/* NULL: no Content-Type */
	char *headers[HEADERS_MAX][2];
	size_t n_headers;
	enum wire wire;
};

void answer_set(struct answer *answer, unsigned status, const char *media, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void answer_header(struct answer *answer, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void answer_release(struct answer *answer);

/* --- text.c ---------------------------------------------------------------------- */

struct text {
	FILE *file;
	char *data;		/* after text_close */
	size_t len;
};

void text_open(struct text *text);
void text_close(struct text *text);
/* Closes it and makes it the answer's body. */
void text_answer(struct text *text, struct answer *answer, unsigned status, const char *media);
void put_json(FILE *file, const struct bytes *string);		/* with quotes; NULL: null */
void put_json_string(FILE *file, const char *string);
void put_xml(FILE *file, const struct bytes *string);		/* escaped text */
void put_xml_string(FILE *file, const char *string);
/* 2025-01-10T05:13:39.7555575-03:00; "Z" instead of the offset where zone says so, none for 0 */
void put_date(FILE *file, int64_t ticks, int offset_minutes, const char *zone);
void put_http_date(FILE *file, int64_t seconds);
char *base64_encode(const void *data, size_t len, bool url);
char *base64_decode(const char *text, size_t *ret_len);	/* NULL: not base64 */
char *random_hex(size_t bytes);
/* A JWT signed with HS256 and a fixed key. */
char *jwt_hs256(const char *payload);
void *must(void *pointer);	/* ends the program on NULL */

/* --- the vendors: one refresh, one login -------------------------------------------- */

struct vendor {
	const char *name;
	const char *refresh_path;
	void (*refresh)(struct request *, const struct fault *, struct answer *);
	const char *login_path;		/* NULL: none */
	const char *login_method;
	void (*login)(struct request *, const struct fault *, struct answer *);
	/* Everything else below the tenant; false: not found. */
	bool (*other)(struct request *, struct answer *);
};
extern const struct vendor vendor_oauth2, vendor_abitmedia, vendor_consinco, vendor_formulacerta,
	vendor_kirjaswappi, vendor_github, vendor_bitbucket;
const struct vendor *tenant_vendor(const struct tenant *tenant);
bool tenant_password_ok(const struct tenant *tenant, const char *user, const char *password);

#define GRANT_TOKEN_EXCHANGE "urn:ietf:params:oauth:grant-type:token-exchange"

/* oauth.c, for others that speak OAuth 2.0, and for the paths at the root of the host. */
void oauth_token_endpoint(struct request *request, const struct fault *fault,
			  struct answer *answer);
void oauth_metadata(struct request *request, const char *which, struct answer *answer);
void auth_check(struct request *request, struct answer *answer);

/* admin.c */
void admin_serve(struct request *request, const char *verb, struct answer *answer);

/* --- the server ------------------------------------------------------------------- */

/* http.c */
struct http_settings {
	unsigned port;			/* 0: any */
	bool ipv6;
	const char *cert, *key;		/* PEM; NULL: no TLS */
};
unsigned http_start(const struct http_settings *settings);	/* the port; 0: errno */
int request_socket(const struct request *request);

/* route.c; the first two take the mutex. */
void service_started(const struct http_settings *settings, unsigned port);
void service_handle(struct request *request, const char *url, struct answer *answer);
void service_release(struct tenant *tenant);	/* what FAULT_HOLD holds */
extern char service_base[128];			/* "http://127.0.0.1:PORT" */

#endif
