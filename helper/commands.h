/* SPDX-License-Identifier: MIT */
/*
 * commands.h - the commands of freshtoken, each of which is one file
 */
#ifndef FT_COMMANDS_H
#define FT_COMMANDS_H

#include "helper/cli/command.h"

extern const struct ft_command ft_command_add, ft_command_git, ft_command_docker, ft_command_token,
	ft_command_login, ft_command_status, ft_command_refresh, ft_command_logout,
	ft_command_setup, ft_command_seal, ft_command_exec, ft_command_doctor, ft_command_list,
	ft_command_check, ft_command_config, ft_command_edit, ft_command_remove,
	ft_command_provider, ft_command_bazel, ft_command_headers,
	ft_command_bearer, ft_command_goauth, ft_command_terraform, ft_command_cargo,
	ft_command_keyring, ft_command_kubelet, ft_command_kubernetes;

/* The commands that programs wait for: freshtoken runs them itself, without freshtoken-cli. */
#define FT_COMMANDS_git
#define FT_COMMANDS_docker
#define FT_COMMANDS_freshtoken \
	&ft_command_token, &ft_command_git, &ft_command_docker, &ft_command_bazel, \
	&ft_command_cargo, &ft_command_goauth, &ft_command_headers, &ft_command_keyring, \
	&ft_command_kubelet, &ft_command_kubernetes, &ft_command_terraform, \
	&ft_command_status, &ft_command_refresh, &ft_command_exec,

/* The protocols of the links. helper/hot/ has a program for each list, named by the first entry. */
#define FT_LINKS_git \
	{ "git-credential-freshtoken", &ft_command_git }
#define FT_LINKS_docker \
	{ "docker-credential-freshtoken", &ft_command_docker }, \
	{ "docker-credential-freshtoken-", &ft_command_docker }, \
	{ "bazel-credential-freshtoken", &ft_command_bazel }, \
	{ "cargo-credential-freshtoken", &ft_command_cargo }, \
	{ "freshtoken-bearer-", &ft_command_bearer }, \
	{ "keyring", &ft_command_keyring }, \
	{ "terraform-credentials-freshtoken", &ft_command_terraform }
/* freshtoken itself speaks no protocol by its name: its first argument selects one. */
#define FT_LINKS_freshtoken \
	{ "freshtoken", NULL }, FT_LINKS_git, FT_LINKS_docker

#endif
