/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/store/disbelief.h"

static size_t find(const struct ft_disbelief *disbelief, int64_t client)
{
	size_t i = 0;

	while (i < disbelief->n && disbelief->clients[i].client != client)
		i++;
	return i;
}

/* Too long ago; also if the clock was set back since. */
static bool is_over(const struct ft_disbelieved *noted, int64_t now)
{
	return now < noted->at || now - noted->at > FT_DISBELIEF_MS;
}

/*
 * The place for a new client if all are taken: of a client whose refusals are too long ago, else of
 * the newest client. So the others can reach their limit, and many clients cannot displace each
 * other without end.
 */
static size_t place(const struct ft_disbelief *disbelief, int64_t now)
{
	size_t i = 0;

	while (i + 1 < disbelief->n && !is_over(&disbelief->clients[i], now))
		i++;
	return i;
}

unsigned ft_disbelief_add(struct ft_disbelief *disbelief, int64_t client, int64_t now)
{
	size_t i = find(disbelief, client);

	if (i == disbelief->n && i < FT_DISBELIEF_CLIENTS) {
		disbelief->clients[disbelief->n++] = (struct ft_disbelieved){ .client = client };
	} else if (i == disbelief->n) {
		/* Moves the others down: the newest client is the last. */
		for (i = place(disbelief, now); i + 1 < disbelief->n; i++)
			disbelief->clients[i] = disbelief->clients[i + 1];
		disbelief->clients[i] = (struct ft_disbelieved){ .client = client };
	}
	struct ft_disbelieved *noted = &disbelief->clients[i];

	if (noted->count > 0 && is_over(noted, now))
		*noted = (struct ft_disbelieved){ .client = client };
	if (noted->count < INT32_MAX)
		noted->count++;
	noted->at = now;
	disbelief->works = false;
	return noted->count;
}

bool ft_disbelief_works(struct ft_disbelief *disbelief, int64_t client)
{
	size_t i = find(disbelief, client);
	bool news = disbelief->n > 0 && (!disbelief->works || i < disbelief->n);

	if (i < disbelief->n) {
		disbelief->n--;
		for (; i < disbelief->n; i++)
			disbelief->clients[i] = disbelief->clients[i + 1];
	}
	disbelief->works = disbelief->n > 0;
	return news;
}

bool ft_disbelief_stops(const struct ft_disbelief *disbelief, int64_t client, int64_t now)
{
	size_t i = find(disbelief, client);

	return i < disbelief->n && disbelief->clients[i].count >= FT_DISBELIEF_MAX &&
	       !is_over(&disbelief->clients[i], now);
}

bool ft_disbelief_tell(struct ft_disbelief *disbelief, int64_t client)
{
	size_t i = find(disbelief, client);
	bool news = i == disbelief->n || !disbelief->clients[i].told;

	if (i < disbelief->n)
		disbelief->clients[i].told = true;
	return news;
}

bool ft_disbelief_open(const struct ft_disbelief *disbelief)
{
	return disbelief->n > 0 && !disbelief->works;
}
