/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/store/seal-source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/base/process.h"
#include "lib/base/secret.h"
#include "lib/config/places.h"
#include "lib/store/seal.h"

static const char *const verbs[] = {
	[FT_SEAL_GET] = "get", [FT_SEAL_CREATE] = "create",
};

/* Parses "DIGIT" and a key, or "DIGIT" and an error; the module may have written anything. */
static enum ft_seal_outcome understand(struct ft_buf *text, unsigned char key[FT_BOX_KEY],
				       struct ft_error *err)
{
	const int outcome = text->len > 0 ? text->data[0] - '0' : -1;

	if (outcome == FT_SEAL_FOUND && text->len == 1 + FT_BOX_KEY) {
		memcpy(key, text->data + 1, FT_BOX_KEY);
		return FT_SEAL_FOUND;
	}
	if (outcome <= FT_SEAL_FOUND || outcome >= FT_SEAL_OUTCOMES) {
		(void)ft_error_set(err, FT_TEMPORARY, "its module ended without an answer" FT_REMEDY
				   "see whether it works at all: freshtoken doctor");
		return FT_SEAL_UNAVAILABLE;
	}
	(void)ft_error_unpack(err, FT_TEMPORARY, text->data + 1);
	return (enum ft_seal_outcome)outcome;
}

static enum ft_seal_outcome run(const char *program, const char *source, enum ft_seal_verb verb,
				unsigned char key[FT_BOX_KEY], struct ft_error *err)
{
	const char *argv[] = { program, verbs[verb], source, NULL };
	struct ft_buf text = FT_BUF_INIT(FT_ERROR_LINE + 64);
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, cause = 0, status;
	enum ft_seal_outcome outcome = FT_SEAL_UNAVAILABLE;
	const int64_t deadline = ft_monotonic_ms() + FT_SEAL_SECONDS * 1000;
	pid_t pid = 0;

	/* freshtoken-seal can shut a socket down, whatever else has a copy of it. */
	if (pipe2(in, O_CLOEXEC) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out) != 0 ||
	    (verb == FT_SEAL_CREATE && write(in[1], key, FT_BOX_KEY) != FT_BOX_KEY))
		cause = errno;
	if (in[1] >= 0)
		(void)close(in[1]);
	/* Its own session: without a terminal it cannot prompt. */
	const struct ft_process process = { .argv = argv, .session = true, .n = 3,
					    .fds = { in[0], out[1], FT_PROCESS_NULL } };

	if (cause == 0)
		cause = ft_process_start(&process, &pid);
	if (in[0] >= 0)
		(void)close(in[0]);
	if (out[1] >= 0)
		(void)close(out[1]);
	if (cause != 0) {
		(void)ft_error_errno(err, FT_TEMPORARY, cause, "cannot start %s", program);
	} else if (ft_process_hear(out[0], deadline, &text) != 0) {
		(void)ft_error_set(err, FT_TEMPORARY, "it did not answer within %d seconds"
				   FT_REMEDY "try again when it does", FT_SEAL_SECONDS);
		outcome = FT_SEAL_TRY_AGAIN;
	} else {
		outcome = understand(&text, key, err);
	}
	if (cause == 0)
		(void)ft_process_end(pid, &status, outcome == FT_SEAL_TRY_AGAIN ? 0 : deadline);
	if (out[0] >= 0)
		(void)close(out[0]);
	ft_buf_release(&text);
	return outcome;
}

enum ft_seal_outcome ft_seal_source_ask(const char *libexec, const char *source,
					enum ft_seal_verb verb, unsigned char key[FT_BOX_KEY],
					struct ft_error *err)
{
	char *program = ft_places_join(libexec, "freshtoken-seal");
	enum ft_seal_outcome outcome = FT_SEAL_UNAVAILABLE;

	if (program == NULL)
		(void)ft_error_memory(err);
	else
		outcome = run(program, source, verb, key, err);
	free(program);
	return outcome;
}
