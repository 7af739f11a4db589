/* SPDX-License-Identifier: MIT */
/* Who the local user is, and who that is at the service. */
#include "config.h"
#include "pam/call/call.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fingerprint.h"
#include "lib/config/user-map.h"

#define ENTRY_MAX (1024 * 1024)
#define GROUPS_MAX 65536

int ft_person_look_up(const char *name, struct ft_person *ret, struct ft_error *err)
{
	struct passwd pw, *found = NULL;
	char *buffer = NULL;
	int cause = ERANGE;

	for (size_t size = 4096; cause == ERANGE && size <= ENTRY_MAX; size *= 4) {
		free(buffer);
		buffer = malloc(size);
		if (buffer == NULL)
			return ft_error_memory(err);
		cause = getpwnam_r(name, &pw, buffer, size, &found);
	}
	int r = 0;

	/* Only 0 means that there is no such user: a source that cannot be reached returns its own
	 * errno, which may be ENOENT (of a socket), ESRCH, EBADF or EPERM. */
	if (found == NULL && cause != 0)
		r = ft_error_errno(err, FT_SYSTEM, cause, "cannot look up user %s", name);
	if (found != NULL) {
		ret->exists = true;
		ret->uid = pw.pw_uid;
		ret->gid = pw.pw_gid;
		ret->name = strdup(pw.pw_name);
		ret->home = strdup(pw.pw_dir);
		if (ret->name == NULL || ret->home == NULL)
			r = ft_error_memory(err);
	}
	free(buffer);
	return r;
}

static int difference(const struct ft_call *call, struct ft_error *err)
{
	const struct ft_person *person = &call->person;

	if (call->host_exists != person->exists)
		return ft_error_set(err, FT_SYSTEM,
				    "the user is %s to %s and %s to freshtoken-pam" FT_REMEDY
				    "is a source of "
				    "users (/etc/nsswitch.conf) out of order?",
				    call->host_exists ? "known" : "unknown", call->program,
				    person->exists ? "known" : "unknown");
	if (person->exists &&
	    (call->host_uid != person->uid || strcmp(call->host_name, person->name) != 0))
		return ft_error_set(err, FT_SYSTEM,
				    "the user is %.64s (uid %lu) to %s and %.64s (uid %lu) to "
				    "freshtoken-pam" FT_REMEDY
				    "is a source of users (/etc/nsswitch.conf) out of order?",
				    call->host_name, (unsigned long)call->host_uid, call->program,
				    person->name, (unsigned long)person->uid);
	return 0;
}

int ft_person_of_call(struct ft_call *call, struct ft_error *err)
{
	struct ft_person *person = &call->person;
	int r = ft_person_look_up(call->user, person, err);

	/* The host logs in root, whatever this process could not look up. */
	if (!person->exists && call->host_exists && call->host_uid == 0) {
		person->exists = true;
		person->uid = 0;
		return 0;
	}
	return r == 0 ? difference(call, err) : r;
}

/* Whether the user is in a group. A group that cannot be looked up exempts nobody. */
static bool is_in_group(const struct ft_person *person, const char *name)
{
	struct group entry, *found = NULL;
	char *buffer = NULL;
	gid_t *groups = NULL;
	bool is_in = false;
	int cause = ERANGE, n = 64, room = 0;

	for (size_t size = 4096; cause == ERANGE && size <= ENTRY_MAX; size *= 4) {
		free(buffer);
		buffer = malloc(size);
		if (buffer == NULL)
			return false;
		cause = getgrnam_r(name, &entry, buffer, size, &found);
	}
	while (found != NULL && room < n && n <= GROUPS_MAX) {
		gid_t *more = reallocarray(groups, (size_t)n, sizeof *groups);

		if (more == NULL)
			break;
		groups = more;
		room = n;
		/* If there is not enough room, getgrouplist sets n to the number of groups. */
		if (getgrouplist(person->name, person->gid, groups, &n) < 0)
			continue;
		for (int i = 0; i < n; i++)
			is_in = is_in || groups[i] == found->gr_gid;
	}
	free(groups);
	free(buffer);
	return is_in;
}

static bool is_exempt(const struct ft_call *call)
{
	const struct ft_strings *exempt = call->options.exempt;
	bool is = false;

	for (size_t i = 0; exempt != NULL && i < exempt->n; i++) {
		const char *name = exempt->list[i];

		is = is || (name[0] == '@' ? is_in_group(&call->person, name + 1) :
			    strcmp(name, call->person.name) == 0);
	}
	return is;
}

static int find_subject(const char *file, const char *name, char **ret, struct ft_error *err)
{
	const struct ft_user_map_entry *entry;
	struct ft_user_map map;
	int r = ft_user_map_load(file, &map, err);

	if (r != 0)
		return r;
	entry = ft_user_map_find(&map, name);
	if (entry != NULL && (*ret = strdup(entry->subject)) == NULL)
		r = ft_error_memory(err);
	ft_user_map_release(&map);
	return r;
}

void ft_person_rank(struct ft_call *call)
{
	struct ft_person *person = &call->person;

	if (!person->exists)
		return;
	person->system = person->uid == 0 || person->uid < call->options.minimum_uid ||
			 person->uid > call->options.maximum_uid;
	person->exempt = !person->system && is_exempt(call);
}

int ft_person_find(struct ft_call *call, struct ft_error *err)
{
	const char *users = call->account->users;
	const bool same = strcmp(users, "same") == 0;
	struct ft_person *person = &call->person;
	struct ft_error ignored;
	char *subject = NULL;
	int r = 0;

	ft_person_rank(call);
	if (same)
		subject = person->exists ? strdup(person->name) : NULL;
	else if (person->system || person->exempt)
		(void)find_subject(users, person->name, &subject, &ignored);
	else
		r = find_subject(users, person->exists ? person->name : call->user, &subject, err);
	if (r == 0 && same && person->exists && subject == NULL)
		return ft_error_memory(err);
	if (person->exists && !person->system && !person->exempt) {
		person->subject = subject;
	} else {
		person->in_vain = !same && subject != NULL;
		free(subject);
	}
	return r;
}

void ft_person_key(const struct ft_person *person, char ret[FT_PERSON_KEY_SIZE])
{
	static const char plain[] =
		"0123456789._-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	const struct ft_secret name = { person->name, strlen(person->name) };
	const int head = snprintf(ret, FT_PERSON_KEY_SIZE, "%lu~", (unsigned long)person->uid);
	char hash[FT_FINGERPRINT_SIZE];
	size_t at = (size_t)head;

	for (size_t i = 0; i < name.len && at < FT_PERSON_KEY_SIZE; i++) {
		const bool odd = strchr(plain, name.data[i]) == NULL;

		at += (size_t)snprintf(ret + at, FT_PERSON_KEY_SIZE - at, odd ? "%%%02x" : "%c",
				       (unsigned char)name.data[i]);
	}
	if (at < FT_PERSON_KEY_SIZE)
		return;
	/* The hash of a long name. "%%" is in no other key: "%" is written "%25". */
	ft_fingerprint(&name, hash);
	(void)snprintf(ret + head, FT_PERSON_KEY_SIZE - (size_t)head, "%%%%%s", hash);
}

void ft_person_release(struct ft_person *person)
{
	free(person->name);
	free(person->home);
	free(person->subject);
	*person = (struct ft_person){ .exists = false };
}
