/* Who the local user is, and who he is at the service. */
#include "config.h"
#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define USERS_MAX (4 * 1024 * 1024)

int ft_person_look_up(const char *name, struct ft_person *ret, struct ft_error *err)
{
	struct passwd pw, *found = NULL;
	char *buffer = NULL;
	int cause = ERANGE;

	for (size_t size = 4096; cause == ERANGE && size <= 1024 * 1024; size *= 4) {
		free(buffer);
		buffer = malloc(size);
		if (buffer == NULL)
			return ft_error_memory(err);
		cause = getpwnam_r(name, &pw, buffer, size, &found);
	}
	int r = 0;

	/* Some of these only say that there is no such user (getpwnam_r(3)). */
	if (found == NULL && cause != 0 && cause != ENOENT && cause != ESRCH && cause != EBADF && cause != EPERM)
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

static int at_line(const char *file, unsigned line, struct ft_error *err, const char *text)
{
	return ft_error_set(err, FT_CONFIG, "%s:%u: %s", file, line, text);
}

/* One line, without its end: "LOCAL-USER SUBJECT". *ret is NULL where it is of somebody else. */
static int parse_line(const char *file, unsigned number, const char *line, size_t len, const char *user,
		      char **ret, struct ft_error *err)
{
	const char *end = line + len;

	for (const char *at = line; at < end; at++)
		if (((unsigned char)*at < 0x20 && *at != '\t') || *at == 0x7f)
			return at_line(file, number, err, "a control character");
	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (line == end || *line == '#')
		return 0;
	const char *subject = line;

	while (subject < end && *subject != ' ' && *subject != '\t')
		subject++;
	const size_t name = (size_t)(subject - line);

	while (subject < end && (*subject == ' ' || *subject == '\t'))
		subject++;
	if (subject == end)
		return at_line(file, number, err, "expected a local user and, behind it, the subject at the service");
	if (strlen(user) != name || memcmp(line, user, name) != 0)
		return 0;
	if (*ret != NULL)
		return at_line(file, number, err, "this user stands twice; leave one line");
	*ret = strndup(subject, (size_t)(end - subject));
	return *ret != NULL ? 0 : ft_error_memory(err);
}

int ft_person_parse(const char *file, const char *text, size_t len, const char *user,
		    char **ret_subject, struct ft_error *err)
{
	const char *at = text, *end = text + len;
	char *subject = NULL;
	unsigned line = 0;
	int r = 0;

	while (r == 0 && at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		const char *next = stop != NULL ? stop + 1 : end;

		if (stop == NULL)
			stop = end;
		if (stop > at && stop[-1] == '\r')
			stop--;
		r = parse_line(file, ++line, at, (size_t)(stop - at), user, &subject, err);
		at = next;
	}
	if (r != 0)
		free(subject);
	else
		*ret_subject = subject;
	return r;
}

/* A file that decides who is who: root's, and nobody else may write to it. */
static int check_file(const char *file, int fd, struct ft_error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "%s", file);
	if (!S_ISREG(st.st_mode))
		return ft_error_set(err, FT_UNTRUSTED, "%s: not a regular file", file);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return ft_error_set(err, FT_UNTRUSTED, "%s: belongs to uid %lu; run: chown root %s", file,
				    (unsigned long)st.st_uid, file);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return ft_error_set(err, FT_UNTRUSTED, "%s: others can write to it; run: chmod go-w %s", file,
				    file);
	return 0;
}

static int find_subject(const char *file, struct ft_person *person, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(USERS_MAX);
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return ft_error_errno(err, FT_CONFIG, errno, "users: %s", file);
	int r = check_file(file, fd, err);

	if (r == 0 && ft_buf_read(&text, fd) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", file);
	if (r == 0)
		r = ft_buf_check(&text, file, err);
	if (r == 0)
		r = ft_person_parse(file, text.data != NULL ? text.data : "", text.len, person->name,
				    &person->subject, err);
	(void)close(fd);
	ft_buf_release(&text);
	return r;
}

int ft_person_find(struct ft_call *call, struct ft_error *err)
{
	struct ft_person *person = &call->person;
	int r = person->exists ? 0 : ft_person_look_up(call->user, person, err);

	if (r != 0 || !person->exists)
		return r;
	person->system = person->uid == 0 || person->uid < call->options.minimum_uid;
	if (person->system)
		return 0;
	if (strcmp(call->account->users, "same") != 0)
		return find_subject(call->account->users, person, err);
	return (person->subject = strdup(person->name)) != NULL ? 0 : ft_error_memory(err);
}

void ft_person_release(struct ft_person *person)
{
	free(person->name);
	free(person->home);
	free(person->subject);
	*person = (struct ft_person){ .exists = false };
}
