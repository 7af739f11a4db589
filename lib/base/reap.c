#include "config.h"
#include "lib/base/reap.h"

#include <errno.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/base/moment.h"

pid_t ft_reap(pid_t pid, int *ret_status, int64_t deadline)
{
	static const struct timespec pause = { 0, 2 * 1000000 };
	pid_t ended;

	while (((ended = waitpid(pid, ret_status, WNOHANG)) == 0 ||
		(ended < 0 && errno == EINTR)) &&
	       ft_monotonic_ms() < deadline)
		(void)nanosleep(&pause, NULL);
	return ended;
}
