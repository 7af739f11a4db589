/* SPDX-License-Identifier: MIT */
/*
 * freshtoken kubernetes ACCOUNT - an exec plugin for kubectl and other clients of Kubernetes
 *  - KUBERNETES_EXEC_INFO has the protocol's version, and an ExecCredential of that version is
 *    printed. The client keeps it until its expirationTimestamp.
 *  - An API server uses the ID token; --access is for those that use the access token.
 *  - The client shows stderr as it is, and fails if the exit status is not 0.
 */
#include "config.h"
#include "helper/cli/command.h"

#include <stdlib.h>
#include <string.h>

#include "helper/protocol/tongue.h"

/* With "provideClusterInfo" it holds the certificates of the cluster. */
#define DEPTH 32

enum { ACCESS };

static const char *const versions[] = {
	"client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"
};

/* Without the variable, a person is looking at the output. */
static int find_version(const char *info, const char **ret, struct ft_error *err)
{
	struct json_object *object = NULL;
	const char *version = versions[0];
	size_t i = 0, n = sizeof versions / sizeof *versions;
	int r = 0;

	if (info != NULL)
		r = ft_json_parse(info, strlen(info), DEPTH, "KUBERNETES_EXEC_INFO", &object, err);
	if (r == 0 && info != NULL)
		version = ft_json_string(object, "apiVersion");
	while (r == 0 && i < n && (version == NULL || strcmp(version, versions[i]) != 0))
		i++;
	if (r == 0 && i == n)
		r = ft_error_set(err, FT_UNTRUSTED,
				 "KUBERNETES_EXEC_INFO has none of the versions %s and %s" FT_REMEDY
				 "set one of them in the kubeconfig", versions[0], versions[1]);
	if (r == 0)
		*ret = versions[i];
	json_object_put(object);
	return r;
}

static void add_answer(struct ft_buf *answer, const char *version, const char *token,
		       int64_t expires)
{
	ft_buf_adds(answer, "{\"apiVersion\":\"");
	ft_buf_adds(answer, version);
	ft_buf_adds(answer, "\",\"kind\":\"ExecCredential\","
		    "\"status\":{\"expirationTimestamp\":\"");
	ft_tongue_add_time(answer, expires);
	ft_buf_adds(answer, "\",\"token\":");
	ft_output_json(answer, token);
	ft_buf_adds(answer, "}}\n");
}

static int run(const struct ft_args *args)
{
	struct ft_buf answer = FT_BUF_INIT(FT_TONGUE_ANSWER_MAX);
	const struct ft_need need = { .id_token = !FT_OPTION_GIVEN(args, ACCESS),
				      .unknown_life = FT_TONGUE_UNKNOWN_LIFE };
	struct ft_tongue tongue = { .account = NULL };
	const char *version = NULL;
	struct ft_error err;
	int r = find_version(getenv("KUBERNETES_EXEC_INFO"), &version, &err);

	if (r == 0)
		r = ft_tongue_open(&tongue, args->operands[0], &err);
	if (r == 0)
		r = ft_tongue_get(&tongue, &need, &err);
	if (r == 0 && need.id_token)
		add_answer(&answer, version, ft_token_id(tongue.token),
			   ft_token_id_expires_at(tongue.token));
	else if (r == 0)
		add_answer(&answer, version, ft_token_access(tongue.token),
			   ft_tongue_expires(&tongue));
	r = r == 0 ? ft_output(&answer) : ft_fail(&err);
	ft_buf_release(&answer);
	ft_tongue_release(&tongue);
	return r;
}

const struct ft_command ft_command_kubernetes = {
	.name = "kubernetes",
	.operands = "ACCOUNT",
	.min = 1, .max = 1,
	.summary = "print a token as kubectl wants it (kubectl calls this)",
	.help =
"Prints an ExecCredential of the version that KUBERNETES_EXEC_INFO names, v1 or\n"
"v1beta1, with the ID token of ACCOUNT (which has id_token = yes) and when it\n"
"expires. kubectl and others call this where the kubeconfig has it as an exec\n"
"plugin.\n",
	.options = { [ACCESS] = { "--access", "the access token, not the ID token" } },
	.run = run,
};
