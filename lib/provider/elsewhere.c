/* SPDX-License-Identifier: MIT */
/* elsewhere.c - where an account's tokens may go other than to its server, and which keys decide
 * that */
#include "config.h"
#include "lib/provider/profile.h"

#include <stdlib.h>
#include <string.h>

/* Collects the other hosts in a profile's addresses, and the account's parameters in them. A
 * parameter in a path of the server counts too: with another value it may mean another tenant. */
struct scan {
	const struct ft_account *account;
	struct ft_strings found;
	bool *params;	/* one per parameter of the account: whether an address uses it */
	int r;
};

static bool names_param(const char *text, const char *name)
{
	static const char begin[] = "${param.";
	const size_t len = strlen(name);

	while ((text = strstr(text, begin)) != NULL) {
		text += sizeof begin - 1;
		if (strncmp(text, name, len) == 0 && (text[len] == '}' || text[len] == '?'))
			return true;
	}
	return false;
}

static void add(struct scan *scan, const char *text, size_t len)
{
	for (size_t i = 0; i < scan->found.n; i++)
		if (strlen(scan->found.list[i]) == len &&
		    memcmp(scan->found.list[i], text, len) == 0)
			return;
	if (scan->r == 0)
		scan->r = ft_strings_add(&scan->found, text, len);
}

/* Takes what counts from an address: a URL, or a path of the server. */
static void look(struct scan *scan, const char *text)
{
	const char *host = text != NULL ? strstr(text, "://") : NULL;

	if (text == NULL)
		return;
	if (*text != '/' && host != NULL)
		add(scan, text, (size_t)(host - text) + 3 + strcspn(host + 3, "/?"));
	for (size_t i = 0; i < scan->account->n_params; i++)
		scan->params[i] = scan->params[i] ||
				  names_param(text, scan->account->params[i].name);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int write_down(struct scan *scan, const char *metadata_url, struct ft_buf *text)
{
	const struct ft_account *account = scan->account;
	const char *between = "";

	if (metadata_url != NULL) {
		ft_buf_addf(text, "metadata_url = %s", metadata_url);
		between = ", ";
	}
	for (size_t i = 0; i < account->n_params; i++)
		if (scan->params[i]) {
			ft_buf_addf(text, "%sparam.%s = %s", between, account->params[i].name,
				    account->params[i].value);
			between = ", ";
		}
	if (scan->found.n > 0)
		qsort(scan->found.list, scan->found.n, sizeof *scan->found.list, compare);
	for (size_t i = 0; i < scan->found.n; i++, between = ", ")
		ft_buf_addf(text, "%s%s", between, scan->found.list[i]);
	return text->failed ? FT_NO_MEMORY : 0;
}

int ft_profile_elsewhere(const struct ft_profile *p, const struct ft_account *account, char **ret,
			 struct ft_error *err)
{
	const char *metadata_url =
		account->metadata_url != NULL ? account->metadata_url : p->metadata_url;
	struct ft_buf text = FT_BUF_INIT(256 * 1024);
	struct scan scan = { .account = account,
			     .params = calloc(account->n_params + 1, sizeof *scan.params) };

	scan.r = scan.params != NULL ? 0 : FT_NO_MEMORY;
	if (scan.r == 0) {
		if (account->metadata_url == NULL && metadata_url != NULL)
			look(&scan, metadata_url);
		for (size_t i = 0; i < p->n_metadata; i++)
			look(&scan, p->metadata[i].value);
		for (size_t i = 0; i < FT_REQUEST_SECTIONS; i++)
			look(&scan, p->requests[i].path);
		scan.r = write_down(&scan, metadata_url, &text);
	}
	if (scan.r == 0 && (*ret = strdup(text.len > 0 ? text.data : "")) == NULL)
		scan.r = FT_NO_MEMORY;
	ft_strings_release(&scan.found);
	free(scan.params);
	ft_buf_release(&text);
	return scan.r == 0 ? 0 : ft_error_memory(err);
}
