#include "config.h"
#include "lib/store/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/file/lock.h"
#include "lib/store/slots.h"

struct ft_host {
	struct ft_slots slots;
};

int ft_host_open(const char *state_folder, struct ft_host **ret, struct ft_error *err)
{
	struct ft_host *host = calloc(1, sizeof *host);
	int r = host != NULL ? ft_slots_init(state_folder, &host->slots, err) :
			       ft_error_memory(err);

	if (r != 0)
		free(host);
	else
		*ret = host;
	return r;
}

void ft_host_close(struct ft_host *host)
{
	if (host == NULL)
		return;
	ft_slots_release(&host->slots);
	free(host);
}

int ft_host_answer_create(struct ft_host *host, const char *slot, int *ret_fd,
			 struct ft_error *err)
{
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(&host->slots, true, err);

	(void)ft_slots_name(name, slot, "answer");
	return r != 0 ? r :
	       ft_private_reserve(&host->slots.folder, name, FT_HOST_ANSWER_MAX, ret_fd, err);
}

int ft_host_answer_read(struct ft_host *host, const char *slot, struct ft_buf *ret,
		       struct ft_error *err)
{
	return ft_slots_read(&host->slots, slot, "answer", ret, err);
}

int ft_host_answer_remove(struct ft_host *host, const char *slot, struct ft_error *err)
{
	return ft_slots_remove(&host->slots, slot, "answer", err);
}

static int unread_path(const struct ft_host *host, const char *name, char **ret,
		       struct ft_error *err)
{
	return asprintf(ret, "%s/%s", host->slots.path, name) < 0 ? ft_error_memory(err) : 0;
}

int ft_host_unread_add(struct ft_host *host, const char *account, const struct ft_buf *text,
		      char **ret_path, struct ft_error *err)
{
	struct ft_replacement replacement = FT_REPLACEMENT_INIT;
	struct ft_buf all = FT_BUF_INIT(FT_HOST_UNREAD_MAX);
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(&host->slots, true, err);

	/* What is there and cannot be read, or is longer, is not ours to keep. */
	(void)ft_slots_name(name, account, "unread");
	if (r == 0 && ft_private_read(&host->slots.folder, name, &all, NULL) != 0)
		ft_buf_clear(&all);
	/* The first one most likely has what later ones ask for in vain. */
	bool room = all.failed == 0 && text->len <= FT_HOST_UNREAD_MAX - all.len;

	if (r == 0 && room) {
		ft_buf_add(&all, text->data, text->len);
		r = ft_buf_check(&all, name, err);
		if (r == 0)
			r = ft_replacement_prepare(&host->slots.folder, name, "next", all.len,
						   &replacement, err);
		if (r == 0)
			r = ft_replacement_commit(&replacement, all.data, all.len, err);
	}
	ft_buf_release(&all);
	return r != 0 ? r : unread_path(host, name, ret_path, err);
}

int ft_host_unread_find(struct ft_host *host, const char *account, char **ret_path,
		       struct ft_error *err)
{
	char name[FT_SLOTS_NAME_SIZE];
	struct stat st;
	int r = ft_slots_enter(&host->slots, false, err);

	if (r != 0)
		return r;
	if (fstatat(host->slots.folder.fd, ft_slots_name(name, account, "unread"), &st,
		    AT_SYMLINK_NOFOLLOW) != 0)
		return ft_error_errno(err, errno == ENOENT ? FT_NOT_FOUND : FT_SYSTEM, errno,
				      "%s/%s", host->slots.path, name);
	return unread_path(host, name, ret_path, err);
}

int ft_host_unread_remove(struct ft_host *host, const char *account, struct ft_error *err)
{
	int r = ft_slots_remove(&host->slots, account, "unread", err);

	return r != 0 ? r : ft_slots_remove(&host->slots, account, "unread~next", err);
}

int ft_host_cache_read(struct ft_host *host, const char *account, struct ft_buf *ret,
		      struct ft_error *err)
{
	return ft_slots_read(&host->slots, account, "metadata", ret, err);
}

int ft_host_cache_write(struct ft_host *host, const char *account, const struct ft_buf *text,
		       struct ft_error *err)
{
	struct ft_replacement replacement = FT_REPLACEMENT_INIT;
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(&host->slots, true, err);

	(void)ft_slots_name(name, account, "metadata");
	if (r == 0)
		r = ft_replacement_prepare(&host->slots.folder, name, "next", text->len,
					   &replacement, err);
	return r != 0 ? r : ft_replacement_commit(&replacement, text->data, text->len, err);
}

int ft_host_lock(struct ft_host *host, const char *account, int *ret_fd, struct ft_error *err)
{
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(&host->slots, true, err);

	(void)ft_slots_name(name, account, "lock");
	return r != 0 ? r : ft_lock_take(&host->slots.folder, name, ret_fd, err);
}

int ft_host_lock_await(struct ft_host *host, const char *account, int64_t deadline, int *ret_fd,
		       struct ft_error *err)
{
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(&host->slots, true, err);

	(void)ft_slots_name(name, account, "lock");
	return r != 0 ? r : ft_lock_await(&host->slots.folder, name, deadline, ret_fd, err);
}

int ft_host_lock_adopt(struct ft_host *host, const char *account, int fd, struct ft_error *err)
{
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(&host->slots, false, err);

	(void)ft_slots_name(name, account, "lock");
	return r != 0 ? r : ft_lock_adopt(&host->slots.folder, name, fd, err);
}

int ft_host_lock_wait(struct ft_host *host, const char *account, int64_t deadline,
		      struct ft_error *err)
{
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(&host->slots, true, err);

	(void)ft_slots_name(name, account, "lock");
	return r != 0 ? r : ft_lock_wait(&host->slots.folder, name, deadline, err);
}
