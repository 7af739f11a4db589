/* SPDX-License-Identifier: MIT */
/*
 * freshtoken-seal - asks one module for the key: freshtoken-seal get|create|forget NAME
 *
 * lib/store/seal-source.c starts it. It prints one digit for the outcome, then the key, or an error
 * packed by lib/base/error.h. create reads the key from standard input. What a module prints is
 * discarded.
 */
#include "config.h"
#include "installed.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/secret.h"
#include "lib/config/places.h"
#include "lib/config/seal-line.h"
#include "lib/store/modules/freshtoken-seal.h"

_Static_assert((int)FRESHTOKEN_SEAL_TRY_AGAIN == (int)FT_SEAL_TRY_AGAIN &&
	       (int)FRESHTOKEN_SEAL_UNAVAILABLE == (int)FT_SEAL_UNAVAILABLE &&
	       (int)FRESHTOKEN_SEAL_NOT_FOUND == (int)FT_SEAL_NOT_FOUND, "the outcomes");

/* Loads the module from the installed folder alone: elsewhere it could be anybody's code. */
static int load(const char *name, const struct freshtoken_seal_module **ret, struct ft_error *err)
{
	const struct ft_places_given given = { .user_config = "/", .state = "/" };
	struct ft_places places = { .root = NULL };
	char *path = NULL;
	int r = ft_places_for_user(&given, &places, err);

	if (r == 0 &&
	    asprintf(&path, "%s" FT_LIBDIR "/freshtoken/seal-%s.so", places.root, name) < 0)
		r = ft_error_memory(err);
	void *library = r == 0 ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;

	if (r == 0 && library == NULL && access(path, F_OK) != 0)
		r = ft_error_set(err, FT_CONFIG, "there is no %s" FT_REMEDY "install it, or take "
				 "%s out of the seal line", path, name);
	else if (r == 0 && library == NULL)
		r = ft_error_set(err, FT_CONFIG, "%s cannot be loaded: %.400s", path, dlerror());
	*ret = r == 0 ? dlsym(library, FRESHTOKEN_SEAL_SYMBOL) : NULL;
	if (r == 0 && (*ret == NULL || (*ret)->version != FRESHTOKEN_SEAL_VERSION ||
		       (*ret)->get == NULL || (*ret)->create == NULL || (*ret)->forget == NULL))
		r = ft_error_set(err, FT_CONFIG, "%s is of another version of freshtoken's modules "
				 "(it has no whole " FRESHTOKEN_SEAL_SYMBOL ")" FT_REMEDY
				 "build it with this one's freshtoken-seal.h", path);
	free(path);
	ft_places_release(&places);
	return r;
}

static int ask(const struct freshtoken_seal_module *module, const char *verb,
	       unsigned char key[FRESHTOKEN_SEAL_KEY], struct freshtoken_seal_why *why)
{
	void *state = NULL;
	int outcome = module->open != NULL ? (int)module->open(&state, why) : FT_SEAL_FOUND;

	if (outcome != FT_SEAL_FOUND)
		return outcome;
	if (strcmp(verb, "get") == 0)
		return (int)module->get(state, key, why);
	if (strcmp(verb, "create") == 0)
		return (int)module->create(state, key, why);
	return (int)module->forget(state, why);
}

/* The key must not get into a core file, and a debugger must not read it. */
static void keep_to_ourselves(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* In one write, so that the reader gets all or nothing. A process that the module has started may
 * keep a copy of the socket open; the reader does not wait for that. */
static int answer(int fd, int outcome, const unsigned char *key, const struct ft_error *err)
{
	char text[1 + FT_ERROR_LINE], packed[FT_ERROR_LINE];
	int len = 1 + FRESHTOKEN_SEAL_KEY;

	text[0] = (char)('0' + outcome);
	if (outcome == FT_SEAL_FOUND)
		memcpy(text + 1, key, FRESHTOKEN_SEAL_KEY);
	else
		len = 1 + snprintf(text + 1, sizeof text - 1, "%s", ft_error_pack(err, packed));
	const bool done = write(fd, text, (size_t)len) == len;

	(void)shutdown(fd, SHUT_WR);
	ft_wipe(text, sizeof text);
	return done ? 0 : 1;
}

int main(int argc, char *argv[])
{
	const struct freshtoken_seal_module *module = NULL;
	struct freshtoken_seal_why why = { "", "" };
	unsigned char key[FRESHTOKEN_SEAL_KEY] = { 0 };
	struct ft_seal_line line = { .n = 0 };
	struct ft_error err = FT_ERROR_INIT;
	int outcome = FT_SEAL_UNAVAILABLE;

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("freshtoken-seal (freshtoken) " PACKAGE_VERSION) < 0 ? 1 : 0;
	if (argc != 3 || (strcmp(argv[1], "get") != 0 && strcmp(argv[1], "create") != 0 &&
			  strcmp(argv[1], "forget") != 0) ||
	    ft_seal_line_parse(argv[2], &line, NULL) != 0 || strcmp(line.list[0].name, argv[2])) {
		(void)fputs("usage: freshtoken-seal get|create|forget MODULE\n", stderr);
		return 2;
	}
	keep_to_ourselves();
	const int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), null = open("/dev/null", O_RDWR);

	if (out < 0 || null < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    (strcmp(argv[1], "create") == 0 && read(STDIN_FILENO, key, sizeof key) != sizeof key))
		return 1;
	if (load(argv[2], &module, &err) == 0) {
		outcome = ask(module, argv[1], key, &why);
		why.cause[sizeof why.cause - 1] = why.remedy[sizeof why.remedy - 1] = '\0';
		(void)ft_error_set(&err, FT_TEMPORARY, "%s",
				   why.cause[0] != '\0' ? why.cause : "it does not say why");
		if (why.remedy[0] != '\0')
			(void)ft_error_remedy(&err, FT_TEMPORARY, "%s", why.remedy);
	}
	if (outcome < FT_SEAL_FOUND || outcome >= FT_SEAL_OUTCOMES)
		outcome = FT_SEAL_UNAVAILABLE;
	const int status = answer(out, outcome, key, &err);

	ft_wipe(key, sizeof key);
	/* Without exit handlers: those of the module's libraries could hang. */
	_exit(status);
}
