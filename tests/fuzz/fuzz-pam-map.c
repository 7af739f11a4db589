/* SPDX-License-Identifier: MIT */
/* lib/config/user-map.c, pam/memory/knowledge.c: the map of users, and root's stored results */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "lib/config/user-map.h"
#include "pam/call/call.h"
#include "pam/memory/knowledge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ft_account account = { .name = (char *)"work", .provider = (char *)"oauth2" };
	struct ft_call call = { .account = &account };
	struct ft_knowledge knowledge = FT_KNOWLEDGE_INIT, again = FT_KNOWLEDGE_INIT;
	struct ft_buf text = FT_BUF_INIT(65536);
	struct ft_error err = FT_ERROR_INIT;
	struct ft_user_map map = FT_USER_MAP_INIT;
	int r = ft_user_map_parse("map", (const char *)data, size, &map, &err);

	MUST(r == 0 ? map.n > 0 :
		      r == FT_CONFIG && strncmp(err.text, "map:", 4) == 0 && map.n == 0);
	for (size_t i = 0; i < map.n; i++) {
		MUST(map.list[i].user[0] != '\0' && strpbrk(map.list[i].user, " \t\r\n") == NULL);
		MUST(map.list[i].subject[0] != '\0' &&
		     strpbrk(map.list[i].subject, " \t\r\n") == NULL);
		MUST(ft_user_map_find(&map, map.list[i].user) == &map.list[i]);
	}
	ft_user_map_release(&map);
	call.service.server = (char *)"https://sso.example.com";
	call.person.name = (char *)"alice";
	call.person.subject = (char *)"a";
	if (ft_knowledge_parse(&call, (const char *)data, size, &knowledge, &err) == 0) {
		MUST(knowledge.known <= FT_KNOWN_DISABLED);
		MUST(ft_knowledge_format(&call, &knowledge, &text, &err) == 0);
		MUST(ft_knowledge_parse(&call, text.data, text.len, &again, &err) == 0);
		MUST(again.known == knowledge.known && again.lifetime == knowledge.lifetime);
	}
	ft_buf_release(&text);
	return 0;
}
