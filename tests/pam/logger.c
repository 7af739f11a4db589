/* SPDX-License-Identifier: MIT */
/* logger SOCKET FILE - writes what programs send to syslog into a file, one line each; ends with
 * its parent */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	FILE *out = argc == 3 ? fopen(argv[2], "a") : NULL;
	char line[8192];
	ssize_t n;

	if (out == NULL || strlen(argv[1]) >= sizeof address.sun_path)
		return 2;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	strcpy(address.sun_path, argv[1]);
	umask(0);
	unlink(argv[1]);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
		return 1;
	setvbuf(out, NULL, _IOLBF, 0);
	while ((n = recv(fd, line, sizeof line - 1, 0)) >= 0) {
		line[n] = '\0';
		fprintf(out, "%s\n", line);
	}
	return 0;
}
