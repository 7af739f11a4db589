/* SPDX-License-Identifier: MIT */
/*
 * git-message.h - parses what git writes to a credential helper (git-credential(1))
 *
 * The message is "key=value" lines up to an empty line or the end of input; values are raw bytes.
 * It is parsed in pieces as they come from the pipe, so memory stays bounded whatever is sent:
 * unknown keys are dropped while they are read, and a line may have 65,535 bytes with its LF.
 *
 * A message with a line that git never writes (without "=", too long, with NUL or CR) is refused as
 * a whole: half of a message could mean another host.
 */
#ifndef FT_GIT_MESSAGE_H
#define FT_GIT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/base/buffer.h"
#include "lib/base/secret.h"
#include "lib/store/credentials.h"

#define FT_GIT_LINE_MAX 65535

struct ft_git_message {
	struct ft_secret protocol;
	struct ft_secret host;		/* with its port; may be set and empty */
	struct ft_credential credential;
	bool ephemeral;
	bool can_authtype, can_state;	/* capability[] */
	bool tries_itself; /* wwwauth[] names a scheme that git tries before a token */
	bool has_state;			/* a state[] of freshtoken was sent back */
	uint64_t generation;		/* the generation in it; 0: none */
};
void ft_git_message_release(struct ft_git_message *message);

struct ft_git_reader {
	struct ft_git_message *message;
	struct ft_buf line;	/* the beginning of an incomplete line */
	bool done;		/* the empty line was read */
};

/* Initialises message, too. The caller releases both. */
void ft_git_reader_init(struct ft_git_reader *reader, struct ft_git_message *message);
/* FT_UNTRUSTED: the message is refused; err has the reason, without values. Input after the empty
 * line is ignored. */
int ft_git_reader_feed(struct ft_git_reader *reader, const char *data, size_t len,
		       struct ft_error *err);
/* To be called at the end of input, which also ends a last line without LF. */
int ft_git_reader_end(struct ft_git_reader *reader, struct ft_error *err);
void ft_git_reader_release(struct ft_git_reader *reader);

/* Reads a whole message from a descriptor. */
int ft_git_message_read(int fd, struct ft_git_message *message, struct ft_error *err);

/* Adds "protocol://host[/path]", for matching. FT_NOT_FOUND: the message cannot be about an
 * account: protocol or host is missing, or the host has a byte that would change the URL's
 * structure ("git.example.com/.evil.example" would read as a path). */
int ft_git_message_url(const struct ft_git_message *message, struct ft_buf *ret,
		       struct ft_error *err);
/* Adds "protocol://host" in lower case: the key of stored credentials. FT_NOT_FOUND likewise, but a
 * host may be empty if there is a path (cert:///file). */
int ft_git_message_key(const struct ft_git_message *message, struct ft_buf *ret,
		       struct ft_error *err);

/* Gets the access token that an erase reports as refused: the password, or the one in a Basic or
 * Bearer credential. 0 with *ret unset: there is none. FT_NO_MEMORY. */
int ft_git_message_refused(const struct ft_git_message *message, struct ft_secret *ret,
			   struct ft_error *err);

#endif
