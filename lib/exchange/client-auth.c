/* SPDX-License-Identifier: MIT */
/* client-auth.c - how a client authenticates in a request, and with what (RFC 6749 section 2.3) */
#include "config.h"
#include "lib/exchange/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/file/trusted.h"

#define CLIENT_SECRET_MAX (16 * 1024)

enum ft_client_auth ft_request_secret_auth(const struct ft_profile *profile,
					   const struct ft_metadata *metadata)
{
	const char *methods =
		ft_request_endpoint(profile, metadata, "token_endpoint_auth_methods_supported");

	return methods == NULL || ft_request_lists(methods, "client_secret_basic") ||
			       !ft_request_lists(methods, "client_secret_post") ?
		       FT_CLIENT_AUTH_BASIC : FT_CLIENT_AUTH_POST;
}

enum ft_client_auth ft_request_choose_auth(const struct ft_request_work *w)
{
	if (w->account->client_auth != FT_CLIENT_AUTH_UNSET)
		return w->account->client_auth;
	if (w->profile->client_auth != FT_CLIENT_AUTH_NONE ||
	    w->account->client_secret_file == NULL ||
	    (ft_account_derives(w->account) && ft_request_wants_jwt(w->account, w->profile)) ||
	    !ft_profile_request_uses(w->request, w->request->format, FT_VARIABLE_CLIENT_SECRET))
		return w->profile->client_auth;
	return ft_request_secret_auth(w->profile, w->metadata);
}

/* Follows links: the configuration is trusted, and Kubernetes mounts secrets as links. Owner and
 * mode are checked on the file that the link leads to. */
static int read_secret(const char *file, struct ft_secret *ret, struct ft_error *err)
{
	struct ft_buf buf = FT_BUF_INIT(CLIENT_SECRET_MAX);
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r = 0;
	struct stat st;

	if (fd < 0 && errno == EACCES)
		return ft_error_set(err, FT_CONFIG, "permission denied" FT_REMEDY
				    "this account is only for PAM; git and docker need a public "
				    "client");
	if (fd < 0)
		return ft_error_errno(err, FT_CONFIG, errno, "cannot be read");
	r = ft_trusted_check(fd, file, &st, err);
	if (r == 0 && ft_buf_read(&buf, fd) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "cannot be read");
	if (r == 0)
		r = ft_buf_check(&buf, "the secret", err);
	if (r == 0) {
		size_t len = buf.len;

		if (len > 0 && buf.data[len - 1] == '\n')
			len -= len > 1 && buf.data[len - 2] == '\r' ? 2 : 1;
		if (len == 0)
			r = ft_error_set(err, FT_CONFIG, "it is empty");
		else if (ft_secret_set(ret, buf.data, len) != 0)
			r = ft_error_memory(err);
	}
	ft_buf_release(&buf);
	(void)close(fd);
	return r;
}

/* Whether the client authenticates itself in this request. It does not in a browser's URL, nor
 * where another token authorizes the request. */
static bool proves_client(enum ft_request_kind kind)
{
	return kind != FT_REQUEST_AUTHORIZE && kind != FT_REQUEST_USERINFO &&
	       kind != FT_REQUEST_REGISTER && kind != FT_REQUEST_UNREGISTER &&
	       kind != FT_REQUEST_PERSON;
}

static int lacks(const struct ft_account *account, const char *key, struct ft_error *err)
{
	return ft_error_set(
		err, FT_CONFIG,
		"%s is not set, and this client_auth needs it" FT_REMEDY
		"set %s in [account %s], %s:%u", key,
		key, account->name, account->file != NULL ? account->file : "freshtoken.conf",
		account->line);
}

int ft_request_read_proof(const char *key, const char *file, struct ft_secret *ret,
			  struct ft_error *err)
{
	int r = read_secret(file, ret, err);

	if (r == FT_CONFIG && err != NULL && err->remedy[0] == '\0')
		(void)ft_error_remedy(err, r, "put it there, readable for nobody else, or correct "
				      "%s", key);
	if (r != 0)
		ft_error_prefix(err, "%s %s", key, file);
	return r;
}

/* RFC 8705 section 2: reads certificate and key. */
static int find_certificate(struct ft_request_work *w, const struct ft_variables *variables,
			    struct ft_error *err)
{
	const struct ft_account *a = w->account;
	int r = 0;

	if (a->client_cert_file == NULL)
		return lacks(a, "client_cert_file", err);
	if (a->client_key_file == NULL)
		return lacks(a, "client_key_file", err);
	if (variables->client_secret.data != NULL)
		return ft_secret_copy(&w->client_secret, &variables->client_secret) != 0 ||
				       ft_secret_copy(&w->client_cert,
						      &variables->client_secret) != 0 ?
			       ft_error_memory(err) : 0;
	r = ft_request_read_proof("client_cert_file", a->client_cert_file, &w->client_cert, err);
	if (r == 0)
		r = ft_request_read_proof("client_key_file", a->client_key_file,
					  &w->client_secret, err);
	return r;
}

int ft_request_find_secret(struct ft_request_work *w, enum ft_request_kind kind,
			   const struct ft_variables *variables, struct ft_error *err)
{
	const struct ft_account *a = w->account;
	int r;

	if (!proves_client(kind)) {
		w->client_auth = FT_CLIENT_AUTH_NONE;
		return 0;
	}
	if (a->client_expired)
		return ft_error_set(err, FT_LOGIN_NEEDED,
				    "the client that was registered for it has expired" FT_REMEDY
				    "run: freshtoken login %s, which registers another",
				    a->name);
	if (w->client_auth == FT_CLIENT_AUTH_SOURCE)
		return variables->source.data != NULL ? 0 :
		       ft_error_set(err, FT_CONFIG, "client_auth: source needs from" FT_REMEDY
				    "set from in [account %s], %s:%u", a->name,
				    a->file != NULL ? a->file : "freshtoken.conf", a->line);
	if (w->client_auth == FT_CLIENT_AUTH_NONE)
		return a->client_secret_file == NULL || ft_account_derives(a) ?
			       0 :
			       ft_error_set(err, FT_CONFIG,
					    "client_secret_file: the provider profile does not use "
					    "it" FT_REMEDY "set client_auth = basic or post");
	if (a->client_id == NULL)
		return lacks(a, "client_id", err);
	if (w->client_auth == FT_CLIENT_AUTH_TLS)
		return find_certificate(w, variables, err);
	if (variables->client_secret.data != NULL)
		return ft_secret_copy(&w->client_secret, &variables->client_secret) == 0 ? 0 :
		       ft_error_memory(err);
	if (a->registered_secret.data != NULL)
		return ft_secret_copy(&w->client_secret, &a->registered_secret) == 0 ? 0 :
		       ft_error_memory(err);
	if (a->client_secret_file == NULL)
		return lacks(a, "client_secret_file", err);
	r = ft_request_read_proof("client_secret_file", a->client_secret_file, &w->client_secret,
				  err);
	/* Never send a private key to the service as if it were a shared secret. */
	if (r == 0 && w->client_auth != FT_CLIENT_AUTH_PRIVATE_KEY_JWT &&
	    strncmp(w->client_secret.data, "-----BEGIN ", 11) == 0)
		r = ft_error_set(err, FT_CONFIG,
				 "client_secret_file %s: it is a key, and would be sent as a "
				 "secret" FT_REMEDY
				 "set client_auth = private_key_jwt in [account %s]",
				 a->client_secret_file, a->name);
	return r;
}

int ft_request_check_assertion(const struct ft_request_work *w, struct ft_error *err)
{
	if ((w->client_auth != FT_CLIENT_AUTH_PRIVATE_KEY_JWT &&
	     w->client_auth != FT_CLIENT_AUTH_SOURCE) || w->format == FT_FORMAT_FORM)
		return 0;
	return ft_error_set(err, FT_CONFIG,
			    "client_auth: %s needs a form, but provider profile %s "
			    "does not send one" FT_REMEDY "set %s",
			    w->client_auth == FT_CLIENT_AUTH_SOURCE ? "source" : "private_key_jwt",
			    w->profile->name,
			    w->request->form.n > 0 ? "format = form" : "another client_auth");
}
