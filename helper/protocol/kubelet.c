/* SPDX-License-Identifier: MIT */
/*
 * freshtoken kubelet - a credential provider of the kubelet, version 1
 *  - It reads a CredentialProviderRequest from stdin and prints a response. Members that are not
 *    needed, such as those of a service account, are ignored.
 *  - If no account matches the image, auth is null, and the kubelet continues without credentials.
 *  - Accounts match images, not registries, so the kubelet may use an answer only for that image,
 *    and for less time than the token lives.
 *  - The kubelet writes stderr to its log if the exit status is not 0.
 */
#include "config.h"
#include "helper/cli/command.h"

#include <string.h>
#include <time.h>

#include "helper/protocol/docker-message.h"
#include "helper/protocol/tongue.h"

#define API_VERSION "credentialprovider.kubelet.k8s.io/v1"
/* A pull of several layers uses the token that it began with. */
#define MIN_LIFETIME 600
#define MARGIN 60
#define KEEP_MAX 600

static int read_image(struct json_object **request, const char **ret, struct ft_error *err)
{
	int r = ft_tongue_read(request, err);
	const char *version, *kind;

	if (r != 0)
		return r;
	version = ft_json_string(*request, "apiVersion");
	kind = ft_json_string(*request, "kind");
	if (version == NULL || strcmp(version, API_VERSION) != 0)
		return ft_error_set(err, FT_UNTRUSTED,
				    "the request is not of apiVersion " API_VERSION
				    FT_REMEDY "set that version in the kubelet's "
				    "CredentialProviderConfig");
	if (kind == NULL || strcmp(kind, "CredentialProviderRequest") != 0)
		return ft_error_set(err, FT_UNTRUSTED,
				    "the request is not a CredentialProviderRequest");
	*ret = ft_json_string(*request, "image");
	if (*ret == NULL || **ret == '\0')
		return ft_error_set(err, FT_UNTRUSTED, "the request has no image");
	return 0;
}

static int find(struct ft_tongue *tongue, const char *image, struct ft_buf *registry,
		struct ft_error *err)
{
	struct ft_buf name = FT_BUF_INIT(FT_TONGUE_REQUEST_MAX);
	const char *digest = strchr(image, '@');
	int r;

	/* A digest has no "/": other programs may see another registry there. */
	if (digest != NULL && strchr(digest, '/') != NULL)
		return 0;
	ft_docker_image(image, registry, &name);
	bool hub = ft_docker_is_hub(registry->data);

	r = ft_buf_check(&name, "the image", err);
	if (r == 0)
		r = ft_tongue_find(tongue, hub ? ft_docker_hub_names[0] : name.data, NULL, err);
	for (size_t i = 1; r == 0 && hub && tongue->account == NULL &&
	     ft_docker_hub_names[i] != NULL; i++)
		if (ft_context_find(tongue->ft, ft_docker_hub_names[i], NULL, &tongue->account,
				    NULL) != 0)
			tongue->account = NULL;
	ft_buf_release(&name);
	return r;
}

/* For how many seconds the kubelet may keep the answer. */
static int64_t keep(const struct ft_tongue *tongue)
{
	int64_t left = ft_tongue_expires(tongue) - (int64_t)time(NULL) - MARGIN;

	return left < 0 ? 0 : left < KEEP_MAX ? left : KEEP_MAX;
}

static void add_auth(struct ft_buf *answer, const struct ft_tongue *tongue, const char *registry)
{
	const char *username = ft_token_username(tongue->token);

	ft_buf_add_number(answer, (uint64_t)keep(tongue));
	ft_buf_adds(answer, "s\",\"auth\":{");
	ft_output_json(answer, registry);
	ft_buf_adds(answer, ":{\"username\":");
	ft_output_json(answer, username != NULL ? username : "oauth2");
	ft_buf_adds(answer, ",\"password\":");
	ft_output_json(answer, ft_token_access(tongue->token));
	ft_buf_adds(answer, "}}}\n");
}

static int run(const struct ft_args *args)
{
	const struct ft_need need = { .min_lifetime = MIN_LIFETIME,
				      .unknown_life = FT_TONGUE_UNKNOWN_LIFE };
	struct ft_buf answer = FT_BUF_INIT(FT_TONGUE_ANSWER_MAX),
		      registry = FT_BUF_INIT(FT_TONGUE_REQUEST_MAX);
	struct ft_tongue tongue = { .account = NULL };
	struct json_object *request = NULL;
	const char *image = NULL;
	struct ft_error err;
	int r = read_image(&request, &image, &err);

	(void)args;
	if (r == 0)
		r = find(&tongue, image, &registry, &err);
	if (r == 0 && tongue.account != NULL)
		r = ft_tongue_get(&tongue, &need, &err);
	ft_buf_adds(&answer, "{\"apiVersion\":\"" API_VERSION "\","
		    "\"kind\":\"CredentialProviderResponse\","
		    "\"cacheKeyType\":\"Image\",\"cacheDuration\":\"");
	if (r == 0 && tongue.account != NULL)
		add_auth(&answer, &tongue, registry.data);
	else
		ft_buf_adds(&answer, "0s\",\"auth\":null}\n");
	r = r == 0 ? ft_output(&answer) : ft_fail(&err);
	ft_buf_release(&answer);
	ft_buf_release(&registry);
	ft_tongue_release(&tongue);
	json_object_put(request);
	return r;
}

const struct ft_command ft_command_kubelet = {
	.name = "kubelet",
	.operands = "",
	.summary = "the kubelet's credential-provider protocol (the kubelet calls this)",
	.help =
"Reads a CredentialProviderRequest of version v1 on stdin and answers with the\n"
"user name and token of the account that matches its image; with none where no\n"
"account does.\n",
	.run = run,
};
