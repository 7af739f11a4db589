/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/exchange/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/date.h"
#include "lib/base/token.h"
#include "lib/base/utf8.h"
#include "lib/exchange/proof.h"
#include "lib/store/record.h"

/* ms; for a token whose expiry is stated but cannot be read. */
#define ASSUMED_LIFETIME (INT64_C(300) * 1000)
/* Ten years, in ms: a longer lifetime is not believed. */
#define MAX_LIFETIME (INT64_C(3650) * 86400 * 1000)
/* Bytes; longer words of a service are not shown. */
#define WORDS_MAX 240

#define TOO_MUCH "wait; if it comes again, ask its administrator for a larger quota"

void ft_judgement_release(struct ft_judgement *judgement)
{
	if (judgement == NULL)
		return;
	ft_secret_release(&judgement->refresh_token);
	ft_secret_release(&judgement->access_token);
	ft_secret_release(&judgement->id_token);
	ft_secret_release(&judgement->raw);
	free(judgement->token_type);
	free(judgement->subject);
	*judgement = (struct ft_judgement)FT_JUDGEMENT_INIT;
}

static const char *field(const struct ft_facts *facts, enum ft_field which)
{
	return facts->fields[which].data;
}

/* `*` matches any run of bytes; everything else matches itself. */
static bool glob(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool one_matches(const struct ft_strings *items, const char *text)
{
	for (size_t i = 0; text != NULL && i < items->n; i++)
		if (glob(items->list[i], text))
			return true;
	return false;
}

/* All keys of the section must match, one item each. */
static bool rule_matches(const struct ft_error_rule *rule, const struct ft_facts *facts)
{
	char status[16];

	(void)snprintf(status, sizeof status, "%d", facts->status);
	if (!rule->present ||
	    (!facts->parsed && !(rule->unparsed && facts->media != FT_MEDIA_HTML)))
		return false;
	/* A body that is not parsed has no code and no message: it fits no rule that names one. */
	return (rule->status.n == 0 || one_matches(&rule->status, status)) &&
	       (rule->code.n == 0 || one_matches(&rule->code, field(facts, FT_FIELD_CODE))) &&
	       (rule->message.n == 0 ||
		one_matches(&rule->message, field(facts, FT_FIELD_MESSAGE)));
}

/* RFC 6749 section 5.2, independent of the profile. */
static bool is_client_refused(const struct ft_facts *facts)
{
	const char *code = field(facts, FT_FIELD_CODE);

	return facts->parsed && facts->status < 500 && code != NULL &&
	       strcmp(code, "invalid_client") == 0;
}

static bool is_false(const char *text)
{
	return strcasecmp(text, "false") == 0 || strcmp(text, "0") == 0;
}

static bool is_success(const struct ft_facts *facts)
{
	const char *success = field(facts, FT_FIELD_SUCCESS), *code = field(facts, FT_FIELD_CODE);

	if (facts->status < 200 || facts->status > 299 || !facts->parsed ||
	    field(facts, FT_FIELD_ACCESS_TOKEN) == NULL)
		return false;
	if (success != NULL)
		return !is_false(success);
	return code == NULL || is_false(code);
}

/* A point in time in ms since the epoch; -1. A text without a zone is read with the offset that the
 * service states. */
static int64_t point(const struct ft_facts *facts, enum ft_field which)
{
	const char *text = field(facts, which), *offset = field(facts, FT_FIELD_EXPIRES_OFFSET);
	bool has_zone;
	int64_t minutes = 0, ms = text != NULL ? ft_date_parse(text, &has_zone) : -1;

	if (ms < 0 || has_zone)
		return ms;
	/* A local time without a known offset cannot be used. */
	if (offset == NULL || !ft_number_parse(offset, &minutes) || minutes < -1440 ||
	    minutes > 1440)
		return -1;
	return ms - minutes * 60000;
}

/* ms from the request until `at`, by the service's clock and by ours: the shorter of the plausible
 * ones. */
static int64_t until(int64_t at, const struct ft_facts *facts, const struct ft_moment *sent)
{
	int64_t theirs = facts->date >= 0 ? at - facts->date * 1000 : -1, ours = at - sent->real;
	bool theirs_can = theirs > 0 && theirs <= MAX_LIFETIME,
	     ours_can = ours > 0 && ours <= MAX_LIFETIME;

	if (theirs_can && ours_can)
		return theirs < ours ? theirs : ours;
	return theirs_can ? theirs : ours_can ? ours : theirs > 0 || ours > 0 ? MAX_LIFETIME : 0;
}

/* Whether an expiry is stated, readable or not: an unreadable one must not mean "for ever". */
static bool states_expiry(const struct ft_profile *profile, const struct ft_facts *facts)
{
	return (profile->expires_jwt && facts->jwt_exp_unreadable) ||
	       field(facts, FT_FIELD_EXPIRES_IN) != NULL ||
	       field(facts, FT_FIELD_EXPIRES_IN_MS) != NULL ||
	       field(facts, FT_FIELD_EXPIRES_AT) != NULL ||
	       field(facts, FT_FIELD_EXPIRES_AT_MS) != NULL;
}

/* Lifetime in ms by the first expiry that can be read; -1: none is stated. May be zero. */
static int64_t lifetime(const struct ft_profile *profile, const struct ft_facts *facts,
			bool *ret_assumed, const struct ft_moment *sent)
{
	int64_t value, at;
	const char *text = field(facts, FT_FIELD_EXPIRES_IN);

	if (text != NULL && ft_number_parse(text, &value))
		return value > MAX_LIFETIME / 1000 ? MAX_LIFETIME : value < 0 ? 0 : value * 1000;
	text = field(facts, FT_FIELD_EXPIRES_IN_MS);
	if (text != NULL && ft_number_parse(text, &value))
		return value > MAX_LIFETIME ? MAX_LIFETIME : value < 0 ? 0 : value;
	at = point(facts, FT_FIELD_EXPIRES_AT);
	text = field(facts, FT_FIELD_EXPIRES_AT_MS);
	if (at < 0 && text != NULL && ft_number_parse(text, &value) && value >= 0)
		at = value;
	if (at < 0 && profile->expires_jwt && facts->jwt_exp >= 0)
		at = facts->jwt_exp * 1000;
	if (at < 0) {
		*ret_assumed = states_expiry(profile, facts);
		return *ret_assumed	     ? ASSUMED_LIFETIME :
		       profile->lifetime > 0 ? profile->lifetime * 1000 :
					       -1;
	}
	return until(at, facts, sent);
}

static bool type_known(const struct ft_profile *profile, const char *type)
{
	if (type == NULL)
		return true;
	for (size_t i = 0; i < profile->token_types.n; i++)
		if (strcasecmp(profile->token_types.list[i], type) == 0)
			return true;
	return false;
}

/* How many bytes of a service's words are shown. Of words that are too long only the first line is:
 * some services add numbers for their own staff below it. No token continues on the next line. */
static size_t told(const char *text)
{
	size_t len = strlen(text);

	if (len > WORDS_MAX)
		for (len = strcspn(text, "\n"); len > 0 && text[len - 1] == ' ';)
			len--;
	return len;
}

/* A field with the service's words; NULL if it is absent, too long, or may hold a token. */
static const char *harmless(const struct ft_facts *facts, enum ft_field which)
{
	const char *text = field(facts, which);

	if (text == NULL || told(text) > WORDS_MAX)
		return NULL;
	for (int i = FT_FIELD_ACCESS_TOKEN; i <= FT_FIELD_REFRESH_TOKEN; i++)
		if (facts->fields[i].len > 0 && strstr(text, facts->fields[i].data) != NULL)
			return NULL;
	/* A long word without a blank may be a token that we sent. */
	const char *end = text + told(text);

	for (const char *s = text; s < end; s += strcspn(s, " "), s += strspn(s, " "))
		if (strcspn(s, " ") > 40 && end - s > 40)
			return NULL;
	return text;
}

bool ft_judge_is_code(const char *code)
{
	static const char accepted[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t len = strspn(code, accepted);

	return len > 0 && len <= 60 && code[len] == '\0';
}

static bool is_redirect(const struct ft_facts *facts)
{
	/* 304 (not modified) names no other address. */
	return facts->status >= 300 && facts->status < 400 && facts->status != 304;
}

/* Describes a body that is not a usable answer; "" for a usable one. */
static const char *instead_of_answer(const struct ft_facts *facts)
{
	if (facts->media == FT_MEDIA_HTML)
		return " with a web page instead of an answer (a captive portal or proxy?)";
	if (is_redirect(facts))
		return " (a redirect, which is never followed)";
	if (facts->status < 200 || facts->status > 299 || facts->parsed)
		return "";
	return facts->salvaged ?
		" with a body that can be read in part; its new refresh token is kept" :
		" with a body that cannot be read";
}

void ft_judge_words(const struct ft_facts *facts, struct ft_error *ret)
{
	const char *code = harmless(facts, FT_FIELD_CODE),
		   *message = harmless(facts, FT_FIELD_MESSAGE);
	/* A code with other characters is quoted as the service's own words, as the message is. */
	const bool named = code != NULL && ft_judge_is_code(code);
	char foreign[FT_ERROR_FOREIGN];

	/* Never cut them to fit: ft_judge_hide would not find half a token. */
	if (code != NULL && message != NULL && !named &&
	    told(code) + told(message) + strlen(": ") >= sizeof foreign)
		message = NULL;

	if (facts->status == 0) {
		(void)ft_error_set(ret, FT_OK, "%s",
				   facts->error[0] != '\0' ? facts->error : "no answer");
		(void)ft_error_remedy(ret, FT_OK, "%s", ft_reason_remedy(facts->reason));
		return;
	}
	(void)ft_error_set(ret, FT_OK, "HTTP %d%s%s%s%s%s", facts->status, named ? ": " : "",
			   named ? code : "", instead_of_answer(facts),
			   facts->error[0] != '\0' ? ": " : "", facts->error);
	if (is_redirect(facts))
		(void)ft_error_remedy(ret, FT_OK, "set the server's final address");
	if (code == NULL || named)
		code = "";
	if (message == NULL)
		message = "";
	(void)snprintf(foreign, sizeof foreign, "%.*s%s%.*s", (int)told(code), code,
		       *code != '\0' && *message != '\0' ? ": " : "", (int)told(message), message);
	/* Blanks replace what moves a terminal's cursor or reverses the text after it. */
	for (char *c = foreign; *c != '\0'; c++)
		for (size_t unseen = ft_utf8_unseen(c); unseen > 0; unseen--)
			*(unseen > 1 ? c++ : c) = ' ';
	ft_error_foreign(ret, foreign);
}

void ft_judge_hide(struct ft_error *words, const struct ft_secret *token)
{
	if (token->data != NULL &&
	    (strstr(words->text, token->data) != NULL ||
	     strstr(words->foreign, token->data) != NULL))
		(void)ft_error_set(words, words->code,
				   "the service's words repeat a token and are left out");
}

/* Some services, as GitHub, say "too many requests" with 403 and a time to retry after. */
static bool is_too_much(const struct ft_facts *facts)
{
	return facts->status == 429 ||
	       (facts->status == 403 && (facts->quota_used_up || facts->retry_after >= 0));
}

/* Whether a code says that the client or the sign-in is refused. A status alone could be about the
 * number of requests. */
static bool names_why(const struct ft_profile *profile, const struct ft_facts *facts)
{
	return is_client_refused(facts) ||
	       (profile->terminal.code.n > 0 && rule_matches(&profile->terminal, facts));
}

/* Whether the service itself refuses: not a web page of a proxy, and not a limit of requests. */
static bool is_refusal(const struct ft_facts *facts)
{
	const char *code = field(facts, FT_FIELD_CODE);

	if (facts->status >= 200 && facts->status <= 299)
		return facts->parsed && code != NULL && !is_false(code);
	return facts->status >= 400 && facts->status <= 499 && facts->status != 408 &&
	       !is_too_much(facts) && (facts->parsed || facts->media != FT_MEDIA_HTML);
}

/* Whether something in front of the service has answered: with code and message, [terminal] says
 * that the service's own refusals have both. */
static bool is_from_between(const struct ft_profile *profile, const struct ft_facts *facts)
{
	return profile->terminal.code.n > 0 && profile->terminal.message.n > 0 &&
	       (field(facts, FT_FIELD_CODE) == NULL || field(facts, FT_FIELD_MESSAGE) == NULL);
}

/* The fingerprint of a refusal: refusals that differ in status, media type, code or message differ
 * here. Only with unauthorized_client the message does not count: the service has looked at the
 * refresh token then, and the message may vary. */
static int describe(const struct ft_facts *facts, char ret[FT_FINGERPRINT_SIZE])
{
	const char *code = field(facts, FT_FIELD_CODE);
	bool about_client = code != NULL && strcmp(code, "unauthorized_client") == 0;
	const char *message = about_client ? NULL : field(facts, FT_FIELD_MESSAGE);
	char *text = NULL;
	int len = asprintf(&text, "%d %d %d %s\n%s", facts->status, (int)facts->media,
			   facts->parsed, code != NULL ? code : "", message != NULL ? message : "");

	if (len < 0)
		return FT_NO_MEMORY;
	const struct ft_secret secret = { text, (size_t)len };

	ft_fingerprint(&secret, ret);
	free(text);
	return 0;
}

static void explain(struct ft_judgement *j, const struct ft_facts *facts)
{
	bool empty = facts->status >= 200 && facts->status < 300 && facts->parsed &&
		     field(facts, FT_FIELD_ACCESS_TOKEN) == NULL;

	ft_judge_words(facts, &j->why);
	if (empty)
		(void)strncat(j->why.text, " without an access token",
			      sizeof j->why.text - strlen(j->why.text) - 1);
}

static void explain_too_much(struct ft_judgement *j, const struct ft_facts *facts)
{
	ft_error_add(&j->why, facts->quota_used_up ?
			     "the quota at the service is used up" FT_REMEDY TOO_MUCH :
			     "the service was asked too often" FT_REMEDY TOO_MUCH);
}

/* Keeps the new refresh token of an answer that is otherwise unusable: the service may have
 * invalidated the old one. */
static int keep_refresh_token(const struct ft_facts *facts, const char *subject,
			      struct ft_judgement *j)
{
	const struct ft_secret *token = &facts->fields[FT_FIELD_REFRESH_TOKEN];
	const char *who = field(facts, FT_FIELD_SUBJECT);

	if (facts->status < 200 || facts->status > 299 || (!facts->parsed && !facts->salvaged) ||
	    !ft_refresh_token_valid(token->data, token->len) ||
	    (subject != NULL && who != NULL && strcmp(subject, who) != 0))
		return 0;
	j->ambiguous = false;
	/* Some services require the matching access token for the next refresh. */
	const struct ft_secret *access = &facts->fields[FT_FIELD_ACCESS_TOKEN];

	if (ft_token_valid(access->data, access->len) &&
	    ft_secret_copy(&j->access_token, access) != 0)
		return FT_NO_MEMORY;
	return ft_secret_copy(&j->refresh_token, token);
}

static int unusable(struct ft_judgement *j, enum ft_outcome outcome, const char *reason)
{
	j->outcome = outcome;
	(void)ft_error_set(&j->why, FT_OK, "%.*s", (int)strcspn(reason, FT_REMEDY), reason);
	if (strstr(reason, FT_REMEDY) != NULL)
		(void)ft_error_remedy(&j->why, FT_OK, "%s", strstr(reason, FT_REMEDY) + 1);
	return 0;
}

/* Notes what is wrong with an answer that can be used all the same. */
static void remark(const struct ft_facts *facts, struct ft_judgement *j)
{
	const struct ft_secret *refresh = &facts->fields[FT_FIELD_REFRESH_TOKEN];

	j->ambiguous = facts->refresh_unusable ||
		       (refresh->len > 0 && !ft_refresh_token_valid(refresh->data, refresh->len));
	if (j->ambiguous)
		(void)ft_error_set(&j->why, FT_OK,
			       "the service issued a refresh token that is no text, is longer than "
			       "%d bytes or has invalid bytes; it cannot be used, and the old one "
			       "may be spent",
			       FT_TOKEN_MAX);
	else if (j->assumed_life)
		(void)ft_error_set(&j->why, FT_OK,
			       "the service states an expiry that cannot be read; its token is "
			       "assumed to be good for %d min",
			       (int)(ASSUMED_LIFETIME / 60000));
}

/* The refresh token's lifetime in ms; 0: unlimited, as Keycloak says it; -1: not stated or not
 * readable. It is only used to tell people. */
static int64_t refresh_lifetime(const struct ft_facts *facts)
{
	const char *text = field(facts, FT_FIELD_REFRESH_EXPIRES_IN);
	int64_t seconds;

	if (text == NULL || !ft_number_parse(text, &seconds) || seconds < 0)
		return -1;
	return seconds > MAX_LIFETIME / 1000 ? 0 : seconds * 1000;
}

/* The transport verifies times with some leeway; an ID token that has ended is not kept. */
static int take_id_token(const struct ft_facts *facts, const struct ft_moment *sent,
			 struct ft_judgement *j)
{
	const struct ft_secret *token = &facts->id_token.token;

	if (!facts->id_token.verified || facts->id_token.exp < 0 ||
	    !ft_token_valid(token->data, token->len))
		return 0;
	int64_t life = until(facts->id_token.exp * 1000, facts, sent);

	if (life <= 0)
		return 0;
	j->id_lifetime = life;
	return ft_secret_copy(&j->id_token, token);
}

/* Judges an answer that claims success: whether its tokens can be used. */
static int judge_success(const struct ft_profile *profile, const struct ft_facts *facts,
			 const char *subject, const struct ft_moment *sent, struct ft_judgement *j)
{
	const struct ft_secret *access = &facts->fields[FT_FIELD_ACCESS_TOKEN];
	const char *type = field(facts, FT_FIELD_TOKEN_TYPE), *who = field(facts, FT_FIELD_SUBJECT);

	j->lifetime = lifetime(profile, facts, &j->assumed_life, sent);
	if (subject != NULL && who != NULL && strcmp(subject, who) != 0)
		return unusable(
			j, FT_OUTCOME_TERMINAL,
			"the service answered for a person other than the one who signed in");
	if (keep_refresh_token(facts, subject, j) != 0)
		return FT_NO_MEMORY;
	/* An ID token whose key is unknown just now is ignored: it does not change the subject. */
	if (facts->id_token.present && !facts->id_token.verified && !facts->id_token.unknown_key) {
		j->outcome = FT_OUTCOME_TRANSIENT;
		(void)ft_error_set(&j->why, FT_OK,
			       "the service's ID token cannot be trusted: %s",
			       facts->id_token.error);
		return 0;
	}
	if (!ft_token_valid(access->data, access->len))
		return unusable(j, FT_OUTCOME_TRANSIENT,
				"the service issued an access token that is too long or has "
				"invalid bytes");
	if (type != NULL && !type_known(profile, type) && strcasecmp(type, "dpop") == 0)
		return unusable(j, FT_OUTCOME_TRANSIENT,
				"the service issued a token that is bound to a key (DPoP, RFC 9449)"
				FT_REMEDY "set dpop = yes, and sign in again");
	/* A token without a type is not bound either. */
	if (ft_proof_is_ours(profile) && (type == NULL || !type_known(profile, type)))
		return unusable(j, FT_OUTCOME_TRANSIENT,
				"the service issued a token that is not bound to the key of dpop "
				"= yes" FT_REMEDY
				"have the client registered for DPoP, or remove dpop");
	if (!type_known(profile, type))
		return unusable(j, FT_OUTCOME_TRANSIENT,
				"the service issued a token of a type that the profile's "
				"token_types does not name");
	if (j->lifetime == 0)
		return unusable(j, FT_OUTCOME_TRANSIENT,
				"the service issued an access token that has already expired");
	j->outcome = FT_OUTCOME_FRESH;
	j->refresh_lifetime = refresh_lifetime(facts);
	remark(facts, j);
	if (ft_secret_copy(&j->access_token, access) != 0 ||
	    take_id_token(facts, sent, j) != 0 || ft_record_set(&j->token_type, type) != 0 ||
	    ft_record_set(&j->subject, who) != 0)
		return FT_NO_MEMORY;
	return 0;
}

/* With DPoP, the service may use the same code, without a message, for a replayed proof. */
static int judge_terminal(const struct ft_profile *profile, const struct ft_facts *facts,
			  struct ft_judgement *j)
{
	j->outcome = FT_OUTCOME_TERMINAL;
	j->other_proof = ft_proof_is_ours(profile);
	return j->other_proof ? describe(facts, j->refusal) : 0;
}

int ft_judge(const struct ft_profile *profile, const struct ft_facts *facts, const char *subject,
	     const struct ft_moment *sent, struct ft_judgement *ret, struct ft_error *err)
{
	struct ft_judgement j = FT_JUDGEMENT_INIT;
	const enum ft_proof proof = ft_proof_judge(profile, facts);
	int r = 0;

	j.retry_after = facts->retry_after;
	j.busy = facts->status == 429;
	j.not_sent = facts->sent == FT_SENT_NO;
	if (facts->status != 0 && is_success(facts)) {
		r = judge_success(profile, facts, subject, sent, &j);
	} else {
		explain(&j, facts);
		if (facts->status == 0)
			j.outcome = FT_OUTCOME_TRANSIENT;
		else if (rule_matches(&profile->disabled, facts))
			j.outcome = FT_OUTCOME_DISABLED;
		else if (rule_matches(&profile->transient, facts) ||
			 (is_too_much(facts) && !names_why(profile, facts)))
			j.outcome = FT_OUTCOME_TRANSIENT;
		else if (proof != FT_PROOF_REPLAYED && rule_matches(&profile->terminal, facts))
			r = judge_terminal(profile, facts, &j);
		else if (is_client_refused(facts))
			j.outcome = FT_OUTCOME_CLIENT;
		else if (is_refusal(facts)) {
			j.refused = true;
			if (proof != FT_PROOF_UNSAID)
				ft_proof_explain(proof, &j.why);
			else if ((facts->status == 400 || facts->status == 401) &&
				 !is_from_between(profile, facts))
				r = describe(facts, j.refusal);
		}
		if (j.outcome == FT_OUTCOME_TRANSIENT && is_too_much(facts))
			explain_too_much(&j, facts);
		/* A 429 or a redirect has not processed the request. But a replayed proof was in an
		 * earlier copy of this request, which may have been granted. */
		j.ambiguous = j.outcome == FT_OUTCOME_TRANSIENT && !j.not_sent && !j.busy &&
			      (facts->status < 300 || facts->status > 499 ||
			       proof == FT_PROOF_REPLAYED || proof == FT_PROOF_REFUSED);
		if (r == 0 && j.outcome == FT_OUTCOME_TRANSIENT)
			r = keep_refresh_token(facts, subject, &j);
	}
	if (r == 0)
		r = ft_secret_copy(&j.raw, &facts->raw);
	if (r != 0) {
		ft_judgement_release(&j);
		return ft_error_memory(err);
	}
	*ret = j;
	return 0;
}
