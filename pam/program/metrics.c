/* SPDX-License-Identifier: MIT */
/*
 * metrics.c - counts what root knows of persons, for "freshtoken status --metrics"
 *
 * Prints lines "ACCOUNT OF KNOWN NUMBER": of so many persons root knows KNOWN (enum ft_known) about
 * OF (enum ft_known_of). Numbers that are 0 are left out, and nobody is named.
 */
#include "config.h"
#include "pam/program/check.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/file/privatefile.h"
#include "lib/file/replace.h"
#include "pam/memory/knowledge.h"

#define FILE_MAX (16 * 1024)
#define REPORT_MAX (1024 * 1024)
#define KNOWN (FT_KNOWN_DISABLED + 1)

struct tally {
	char account[FT_ACCOUNT_NAME_MAX + 1];
	unsigned n[FT_KNOWN_PERSON + 1][KNOWN];
};

struct tallies {
	struct tally *list;
	size_t n;
};

static int count(struct tallies *tallies, const char *account, enum ft_known_of of,
		 enum ft_known known)
{
	size_t i = 0;

	while (i < tallies->n && strcmp(tallies->list[i].account, account) != 0)
		i++;
	if (i == tallies->n) {
		struct tally *list = reallocarray(tallies->list, i + 1, sizeof *list);

		if (list == NULL)
			return FT_NO_MEMORY;
		tallies->list = list;
		list[i] = (struct tally){ .account = "" };
		memcpy(list[i].account, account, strlen(account) + 1);
		tallies->n++;
	}
	tallies->list[i].n[of][known]++;
	return 0;
}

static int look(const struct ft_folder *folder, const char *name, struct tallies *tallies)
{
	struct ft_buf text = FT_BUF_INIT(FILE_MAX);
	char account[FT_ACCOUNT_NAME_MAX + 1];
	enum ft_known_of of;
	enum ft_known known;
	int r = 0;

	/* A file that is gone by now, or is another kind of file, is not counted. */
	if (ft_private_read(folder, name, &text, NULL) == 0 &&
	    ft_knowledge_peek(name, text.data, text.len, &known, &of, account))
		r = count(tallies, account, of, known);
	ft_buf_release(&text);
	return r;
}

static void add(struct ft_buf *buf, const struct tally *tally)
{
	for (int of = 0; of <= FT_KNOWN_PERSON; of++)
		for (int known = 0; known < KNOWN; known++)
			if (tally->n[of][known] > 0)
				ft_buf_addf(buf, "%s %s %s %u\n", tally->account,
					    ft_known_of_name((enum ft_known_of)of),
					    ft_known_name((enum ft_known)known),
					    tally->n[of][known]);
}

int ft_pam_metrics(void)
{
	struct ft_places places = { .root = NULL };
	struct ft_folder folder = FT_FOLDER_INIT;
	struct tallies tallies = { NULL, 0 };
	struct ft_buf buf = FT_BUF_INIT(REPORT_MAX);
	const struct dirent *entry;
	char *run = NULL;
	int r = ft_places_for_pam(&places, &run, NULL);

	if (r == 0)
		r = ft_folder_open(places.state, false, &folder, NULL);
	DIR *dir = r == 0 ? opendir(places.state) : NULL;

	while (r == 0 && dir != NULL && (entry = readdir(dir)) != NULL)
		if (strchr(entry->d_name, '~') != NULL)
			r = look(&folder, entry->d_name, &tallies);
	if (dir != NULL)
		(void)closedir(dir);
	for (size_t i = 0; r == 0 && i < tallies.n; i++)
		add(&buf, &tallies.list[i]);
	if (r == 0)
		r = ft_buf_check(&buf, "the report", NULL);
	if (r == 0 && buf.len > 0)
		r = ft_write_all(STDOUT_FILENO, buf.data, buf.len);
	ft_buf_release(&buf);
	free(tallies.list);
	ft_folder_close(&folder);
	ft_places_release(&places);
	free(run);
	/* FT_NOT_FOUND: no login was ever checked, so there is no folder. */
	return r == 0 || r == FT_NOT_FOUND ? 0 : 1;
}
