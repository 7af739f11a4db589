#include "config.h"
#include "lib/signin/device.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/date.h"

#define USER_CODE_MAX 64
#define URI_MAX 400
#define INTERVAL 5		/* RFC 8628 section 3.2, where the service names none */
#define SLOW_DOWN 5		/* section 3.5 */
#define PATIENCE_MAX 60		/* longest pause that we choose ourselves */
#define LIFETIME_MAX 86400

static bool is_printable(const char *text, size_t max, bool blanks)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] > 0x7e ||
		    (unsigned char)text[i] < (blanks ? 0x20 : 0x21))
			return false;
	return len > 0 && len <= max;
}

/* What a person is sent to; a terminal or a browser must not be talked into anything else. */
static bool is_link(const char *text)
{
	return is_printable(text, URI_MAX, false) &&
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

static int take(const struct ft_facts *facts, struct ft_device *ret, struct ft_error *err)
{
	const char *user_code = facts->fields[FT_FIELD_USER_CODE].data;
	const char *uri = facts->fields[FT_FIELD_VERIFICATION_URI].data;
	const char *complete = facts->fields[FT_FIELD_VERIFICATION_URI_COMPLETE].data;

	if (user_code == NULL || uri == NULL || facts->fields[FT_FIELD_DEVICE_CODE].data == NULL)
		return ft_error_set(err, FT_TEMPORARY,
				    "the answer to the device authorization request has no "
				    "device_code, user_code or verification_uri");
	if (!is_printable(user_code, USER_CODE_MAX, true) || !is_link(uri))
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

/* An error with status 200 is one too. */
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
	static const char endpoint[] = "device_authorization_endpoint";
	struct ft_facts facts = FT_FACTS_INIT;
	const struct ft_variables none = { 0 };
	struct ft_device device = { .interval = INTERVAL };
	int r = ft_service_discover(service, NULL, err);

	if (r == 0)
		r = ft_signin_check_client(service, err);
	if (r != 0)
		return r;
	if (ft_service_endpoint(service, endpoint) == NULL)
		r = ft_error_set(
			err, FT_CONFIG,
			"the service does not offer signing in with a code (it names no %s)",
			endpoint);
	if (r == 0)
		r = ft_service_request(service, FT_REQUEST_DEVICE, &none, &facts, err);
	if (r == 0 && facts.status == 200 && facts.parsed &&
	    (facts.fields[FT_FIELD_DEVICE_CODE].data != NULL ||
	     facts.fields[FT_FIELD_CODE].data == NULL))
		r = take(&facts, &device, err);
	else if (r == 0)
		r = refused(&facts, err);
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

/* Twice as long, within what we choose ourselves; a service's own pace may be slower than that. */
static int64_t more_patient(int64_t interval)
{
	int64_t twice = 2 * interval < PATIENCE_MAX ? 2 * interval : PATIENCE_MAX;

	return twice > interval ? twice : interval;
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
	if (strcmp(signin.code, "authorization_pending") == 0) {
		r = FT_BUSY;
	} else if (strcmp(signin.code, "slow_down") == 0) {
		device->interval += SLOW_DOWN;
		r = FT_BUSY;
	} else if (strcmp(signin.code, "access_denied") == 0) {
		device->end = FT_DEVICE_DENIED;
	} else if (strcmp(signin.code, "expired_token") == 0) {
		device->end = FT_DEVICE_EXPIRED;
	} else if (r == FT_TEMPORARY && signin.judgement.access_token.data != NULL) {
		/* There were tokens, and for this code there are none again. */
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
