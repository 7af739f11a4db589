/* SPDX-License-Identifier: MIT */
/* hold FILE - takes freshtoken's lock on a file, reports that, and keeps it until it is killed */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = argc == 2 ? open(argv[1], O_RDWR | O_CREAT, 0600) : -1;

	if (fd < 0 || fcntl(fd, F_OFD_SETLK, &lock) != 0)
		return 1;
	puts("held");
	fflush(stdout);
	alarm(120);
	for (;;)
		pause();
}
