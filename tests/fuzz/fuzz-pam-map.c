/* pam/person.c, pam/knowledge.c: the map of users, and what root has written down */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "pam/call.h"
#include "pam/knowledge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ft_account account = { .name = (char *)"work", .provider = (char *)"oauth2" };
	struct ft_call call = { .account = &account };
	struct ft_knowledge knowledge = { .lifetime = -1 }, again = { .lifetime = -1 };
	struct ft_buf text = FT_BUF_INIT(65536);
	struct ft_error err = { 0, "" };
	char *subject = NULL;
	int r = ft_person_parse("map", (const char *)data, size, "alice", &subject, &err);

	MUST(r == 0 || (r == FT_CONFIG && strncmp(err.text, "map:", 4) == 0 && subject == NULL));
	MUST(subject == NULL || (*subject != '\0' && *subject != ' ' && strchr(subject, '\n') == NULL &&
				 subject[strlen(subject) - 1] != ' '));
	free(subject);
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
