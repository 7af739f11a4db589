/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/signin/device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "lib/base/date.h"

#define USER_CODE_MAX 64
#define URI_MAX 400
#define INTERVAL 5		/* RFC 8628 section 3.2, where the service names none */
#define SLOW_DOWN 5		/* section 3.5 */
#define PATIENCE_MAX 60		/* the longest pause, unless the service asks for more */
#define LIFETIME_MAX 86400

static bool is_made_of(const char *text, const char *accepted, size_t max)
{
	size_t len = strspn(text, accepted);

	return len > 0 && len <= max && text[len] == '\0';
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

/* The code is shown within a message, so it must not look like more text of it. */
static bool is_code(const char *text)
{
	return is_made_of(text, LETTERS " ", USER_CODE_MAX);
}

/* A link of RFC 3986's characters alone: others could control the terminal or the browser. */
static bool is_link(const char *text)
{
	return is_made_of(text, LETTERS "~:/?#[]@!$&'()*+,;=%", URI_MAX) &&
	       (strncasecmp(text, "https://", 8) == 0 || strncasecmp(text, "http://", 7) == 0);
}

static int64_t number(const struct ft_facts *facts, enum ft_field field, int64_t fallback,
		      int64_t max)
{
	int64_t value;
	const char *text = facts->fields[field].data;

	if (text == NULL || !ft_number_parse(text, &value) || value <= 0)
		return fallback;
	return value < max ? value : max;
}

/* A version 4 UUID (RFC 9562), for services that let the client choose the code. */
static int make_up_code(struct ft_secret *ret, struct ft_error *err)
{
	uint8_t b[16];
	char text[37];

	if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b)
		return ft_error_errno(err, FT_SYSTEM, errno, "getrandom");
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	(void)snprintf(text, sizeof text,
		       "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
		       b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
		       b[13], b[14], b[15]);
	int r = ft_secret_set(ret, text, sizeof text - 1) != 0 ? ft_error_memory(err) : 0;

	ft_wipe(b, sizeof b);
	ft_wipe(text, sizeof text);
	return r;
}

/* With a code chosen here, adds to the answer what it does not repeat. */
static int fill_in(const struct ft_service *service, const struct ft_variables *sent,
		   struct ft_facts *facts, struct ft_error *err)
{
	const struct ft_request_template *request = &service->profile.requests[FT_REQUEST_DEVICE];
	const struct ft_secret *code = &sent->device_code;
	const struct ft_recipient to = ft_service_recipient(service);
	struct ft_secret *fields = facts->fields;
	struct ft_buf link = FT_BUF_INIT(8192);
	int r = 0;

	if (code->data == NULL)
		return 0;
	if (fields[FT_FIELD_DEVICE_CODE].data == NULL &&
	    ft_secret_copy(&fields[FT_FIELD_DEVICE_CODE], code) != 0)
		r = ft_error_memory(err);
	if (r == 0 && fields[FT_FIELD_USER_CODE].data == NULL && request->code_tail > 0) {
		size_t tail = (size_t)request->code_tail;

		if (ft_secret_set(&fields[FT_FIELD_USER_CODE], code->data + code->len - tail,
				  tail) != 0)
			r = ft_error_memory(err);
	}
	if (r == 0 && fields[FT_FIELD_VERIFICATION_URI].data == NULL && request->link != NULL) {
		r = ft_request_link(&to, sent, &link, err);
		if (r == 0 && ft_secret_set(&fields[FT_FIELD_VERIFICATION_URI], link.data,
					    link.len) != 0)
			r = ft_error_memory(err);
	}
	ft_buf_release(&link);
	return r;
}

static int take(const struct ft_facts *facts, struct ft_device *ret, struct ft_error *err)
{
	const char *user_code = facts->fields[FT_FIELD_USER_CODE].data;
	const char *uri = facts->fields[FT_FIELD_VERIFICATION_URI].data;
	const char *complete = facts->fields[FT_FIELD_VERIFICATION_URI_COMPLETE].data;

	if (user_code == NULL || uri == NULL || facts->fields[FT_FIELD_DEVICE_CODE].data == NULL)
		return ft_error_set(err, FT_TEMPORARY,
				    "the answer to the device authorization request has no "
				    "device_code, user_code or verification_uri");
	if (!is_code(user_code) || !is_link(uri))
		return ft_error_set(
			err, FT_UNTRUSTED,
			"the service answered with a code or a link that cannot be shown");
	ret->expires_in = number(facts, FT_FIELD_EXPIRES_IN, 600, LIFETIME_MAX);
	ret->interval = number(facts, FT_FIELD_INTERVAL, INTERVAL, ret->expires_in);
	ret->user_code = strdup(user_code);
	ret->uri = strdup(uri);
	if (ret->user_code == NULL || ret->uri == NULL ||
	    ft_secret_copy(&ret->device_code, &facts->fields[FT_FIELD_DEVICE_CODE]) != 0)
		return ft_error_memory(err);
	if (complete != NULL && is_link(complete) && (ret->uri_complete = strdup(complete)) == NULL)
		return ft_error_memory(err);
	return 0;
}

/* Some services send an error with status 200. */
static int refused(const struct ft_facts *facts, struct ft_error *err)
{
	const char *code = facts->fields[FT_FIELD_CODE].data;
	const char *meaning = code != NULL ? ft_signin_explain(code) : NULL;
	bool decided = (facts->status >= 400 && facts->status < 500 && facts->status != 429) ||
		       (facts->status == 200 && code != NULL);
	struct ft_error words;

	ft_judge_words(facts, &words);
	ft_error_add(&words, meaning);
	ft_error_prefix(&words, "device authorization");
	return ft_error_copy(err, decided ? FT_LOGIN_NEEDED : FT_TEMPORARY, &words);
}

int ft_device_begin(struct ft_service *service, struct ft_device *ret, struct ft_error *err)
{
	const struct ft_request_template *request =
		ft_profile_request(&service->profile, FT_REQUEST_DEVICE);
	struct ft_facts facts = FT_FACTS_INIT;
	struct ft_variables variables = { .id = NULL };
	struct ft_device device = { .interval = INTERVAL };
	int r = ft_service_discover(service, NULL, err);

	if (r == 0 && !ft_service_offers(service, FT_REQUEST_DEVICE))
		r = ft_error_set(err, FT_CONFIG,
				 "%s: the service does not offer signing in with a code (it names "
				 "no %s)", service->server, request->endpoint);
	if (r == 0)
		r = ft_signin_check_client(service, FT_REQUEST_DEVICE, err);
	if (r != 0)
		return r;
	if (ft_profile_request_uses(request, request->format, FT_VARIABLE_DEVICE_CODE))
		r = make_up_code(&variables.device_code, err);
	if (r == 0)
		r = ft_service_request(service, FT_REQUEST_DEVICE, &variables, &facts, err);
	/* If the code was chosen here, the answer may be empty. */
	const bool whole = facts.parsed || (variables.device_code.data != NULL &&
					    facts.media != FT_MEDIA_HTML);

	if (r == 0 && facts.status == 200 && whole &&
	    (facts.fields[FT_FIELD_DEVICE_CODE].data != NULL ||
	     facts.fields[FT_FIELD_CODE].data == NULL)) {
		r = fill_in(service, &variables, &facts, err);
		if (r == 0)
			r = take(&facts, &device, err);
	} else if (r == 0) {
		r = refused(&facts, err);
	}
	ft_variables_release(&variables);
	if (r != 0) {
		ft_error_prefix(err, "%s", service->server);
		ft_device_release(&device);
	} else {
		ft_service_prepare_keys(service);
		*ret = device;
	}
	ft_facts_release(&facts);
	return r;
}

/* Doubles the pause up to PATIENCE_MAX; never shortens a longer one that the service asked for. */
static int64_t more_patient(int64_t interval)
{
	int64_t twice = 2 * interval < PATIENCE_MAX ? 2 * interval : PATIENCE_MAX;

	return twice > interval ? twice : interval;
}

static bool is_pending(const struct ft_service *service, const struct ft_signin *signin)
{
	const struct ft_strings *pending =
		&ft_profile_request(&service->profile, FT_REQUEST_DEVICE_TOKEN)->pending;
	char status[16];
	bool is = false;

	(void)snprintf(status, sizeof status, "%d", signin->status);
	for (size_t i = 0; i < pending->n; i++)
		is = is || strcmp(pending->list[i], status) == 0;
	return is && signin->judgement.access_token.data == NULL;
}

int ft_device_poll(struct ft_service *service, struct ft_device *device, struct ft_signin *ret,
		   struct ft_error *err)
{
	struct ft_variables variables = { .device_code = device->device_code };
	struct ft_signin signin = FT_SIGNIN_INIT;
	int r = ft_signin_exchange(service, FT_REQUEST_DEVICE_TOKEN, &variables, &signin, err);

	if (r == 0) {
		*ret = signin;
		return 0;
	}
	if (strcmp(signin.code, "authorization_pending") == 0 || is_pending(service, &signin)) {
		r = FT_BUSY;
	} else if (strcmp(signin.code, "slow_down") == 0) {
		device->interval += SLOW_DOWN;
		r = FT_BUSY;
	} else if (strcmp(signin.code, "access_denied") == 0) {
		device->end = FT_DEVICE_DENIED;
	} else if (strcmp(signin.code, "expired_token") == 0) {
		device->end = FT_DEVICE_EXPIRED;
	} else if (r == FT_TEMPORARY && signin.judgement.access_token.data != NULL) {
		/* The service has issued tokens, and issues none again for this code. */
		r = FT_UNTRUSTED;
		if (err != NULL)
			err->code = r;
	} else if (r == FT_TEMPORARY) {
		device->interval = more_patient(device->interval);
	}
	ft_signin_release(&signin);
	return r;
}

void ft_device_release(struct ft_device *device)
{
	if (device == NULL)
		return;
	ft_secret_release(&device->device_code);
	free(device->user_code);
	free(device->uri);
	free(device->uri_complete);
	*device = (struct ft_device){ .interval = INTERVAL };
}
