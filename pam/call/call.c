/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/call/call.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pam/wire/libpam.h"
#include "pam/wire/wire.h"

/* ms for the module to send its call, which it does at once. */
#define PATIENCE 10000

bool ft_call_is_root(void)
{
	return geteuid() == 0;
}

int ft_call_receive(struct ft_call *ret, struct ft_error *err)
{
	static const char kinds[] = { FT_WIRE_CALL, '\0' };
	struct ft_buf *message = &ret->message;

	ft_buf_init(message, FT_WIRE_MAX);
	int r = ft_wire_receive(FT_CALL_MODULE_FD, kinds, message, ft_wire_now() + PATIENCE);
	const int64_t function = ft_wire_number(message, FT_WIRE_FUNCTION, FT_PAM_FUNCTIONS - 1);
	const int64_t flags = ft_wire_number(message, FT_WIRE_FLAGS, UINT_MAX);
	const int64_t uid = ft_wire_number(message, FT_WIRE_UID, UINT32_MAX);
	const int64_t euid = ft_wire_number(message, FT_WIRE_EUID, UINT32_MAX);
	const int64_t exists = ft_wire_number(message, FT_WIRE_EXISTS, 1);
	const int64_t host_uid = ft_wire_number(message, FT_WIRE_KNOWN_UID, UINT32_MAX);
	const char *program = ft_wire_get(message, FT_WIRE_SERVICE, 0);

	ret->user = ft_wire_get(message, FT_WIRE_USER, 0);
	ret->host_name = ft_wire_get(message, FT_WIRE_KNOWN_NAME, 0);
	if (r != 0 || function < 0 || flags < 0 || uid < 0 || euid < 0 || ret->user == NULL ||
	    exists < 0 || (exists == 1) != (ret->host_name != NULL) ||
	    (exists == 1) != (host_uid >= 0))
		return ft_error_set(err, FT_UNTRUSTED, "this is no call of pam_freshtoken.so");
	ret->function = (enum ft_pam_function)function;
	ret->flags = (int)flags;
	ret->uid = (uid_t)uid;
	ret->euid = (uid_t)euid;
	ret->program = program != NULL ? program : "";
	ret->host_exists = exists == 1;
	ret->host_uid = host_uid >= 0 ? (uid_t)host_uid : 0;
	ret->tty = ft_wire_get(message, FT_WIRE_TTY, 0);
	ret->rhost = ft_wire_get(message, FT_WIRE_RHOST, 0);
	ret->asking_user = ft_wire_get(message, FT_WIRE_RUSER, 0);
	ret->handle = ft_wire_get(message, FT_WIRE_HANDLE, 0);
	ret->memory = ft_wire_get(message, FT_WIRE_MEMORY, 0);
	return 0;
}

void ft_call_release(struct ft_call *call)
{
	if (call->configured) {
		ft_service_release(&call->service);
		ft_service_release(&call->checker_service);
		ft_context_close_state(&call->ft);
	}
	ft_accounts_release(&call->ft.accounts);
	ft_places_release(&call->ft.places);
	free(call->run);
	ft_options_release(&call->options);
	ft_person_release(&call->person);
	free(call->new_handle);
	free(call->new_memory);
	ft_buf_release(&call->message);
}
