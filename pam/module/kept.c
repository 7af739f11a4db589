/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/module/kept.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/secret.h"

/* The variable of PAM's environment. */
#define HANDLE "FRESHTOKEN_HANDLE"
#define HANDLE_MAX 64
/* Names of PAM data. */
#define NOTES "freshtoken"
#define NOTES_MAX 4096
#define PASSWORD "freshtoken-password"

/* PAM calls this and free_kept also for a copy of the handle in another process: they free memory
 * and do nothing else. */
static void free_notes(pam_handle_t *pamh, void *data, int error_status)
{
	(void)pamh, (void)error_status;
	if (data != NULL)
		ft_wipe(data, strlen(data));
	free(data);
}

void ft_kept_set_notes(pam_handle_t *pamh, const char *notes)
{
	char *copy = NULL;

	if (notes == NULL || strlen(notes) > NOTES_MAX)
		return;
	if (*notes != '\0' && (copy = strdup(notes)) == NULL)
		return;
	if (copy == NULL && ft_kept_notes(pamh) == NULL)
		return;
	if (pam_set_data(pamh, NOTES, copy, free_notes) != PAM_SUCCESS)
		free(copy);
}

const char *ft_kept_notes(pam_handle_t *pamh)
{
	const void *notes = NULL;

	return pam_get_data(pamh, NOTES, &notes) == PAM_SUCCESS ? notes : NULL;
}

static bool is_handle(const char *text)
{
	size_t len = strspn(text, "0123456789abcdef");

	return len <= HANDLE_MAX && text[len] == '\0';
}

void ft_kept_set_handle(pam_handle_t *pamh, const char *handle)
{
	char pair[sizeof HANDLE + 1 + HANDLE_MAX] = HANDLE;

	if (handle == NULL || !is_handle(handle))
		return;
	if (*handle != '\0') {
		pair[sizeof HANDLE - 1] = '=';
		memcpy(pair + sizeof HANDLE, handle, strlen(handle) + 1);
	} else if (pam_getenv(pamh, HANDLE) == NULL) {
		return;	/* libpam logs an error when the variable to remove is not set */
	}
	(void)pam_putenv(pamh, pair);
	ft_wipe(pair, sizeof pair);
}

const char *ft_kept_handle(pam_handle_t *pamh)
{
	const char *handle = pam_getenv(pamh, HANDLE);

	return handle != NULL && is_handle(handle) ? handle : NULL;
}

struct kept {
	char *user, *password;
};

static void free_kept(pam_handle_t *pamh, void *data, int error_status)
{
	struct kept *kept = data;

	(void)pamh, (void)error_status;
	if (kept == NULL)
		return;
	if (kept->password != NULL)
		ft_wipe(kept->password, strlen(kept->password));
	free(kept->password);
	free(kept->user);
	free(kept);
}

void ft_kept_set_password(pam_handle_t *pamh, const char *user, const char *password)
{
	const void *old = NULL;
	struct kept *kept = NULL;

	if (password != NULL && strlen(password) <= FT_KEPT_PASSWORD_MAX &&
	    (kept = calloc(1, sizeof *kept)) != NULL) {
		kept->user = strdup(user);
		kept->password = strdup(password);
		if (kept->user == NULL || kept->password == NULL) {
			free_kept(pamh, kept, 0);
			kept = NULL;
		}
	}
	if (kept == NULL && pam_get_data(pamh, PASSWORD, &old) != PAM_SUCCESS)
		return;
	if (pam_set_data(pamh, PASSWORD, kept, free_kept) != PAM_SUCCESS)
		free_kept(pamh, kept, 0);
}

const char *ft_kept_password(pam_handle_t *pamh, const char *user)
{
	const void *data = NULL;

	if (pam_get_data(pamh, PASSWORD, &data) != PAM_SUCCESS || data == NULL)
		return NULL;
	const struct kept *kept = data;

	return strcmp(kept->user, user) == 0 ? kept->password : NULL;
}

void ft_kept_forget(pam_handle_t *pamh)
{
	ft_kept_set_notes(pamh, "");
	ft_kept_set_handle(pamh, "");
	ft_kept_set_password(pamh, NULL, NULL);
}
