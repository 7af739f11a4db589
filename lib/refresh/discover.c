/*
 * discover.c - a server's endpoints: RFC 8414 and OpenID Connect Discovery 1.0
 *
 * An exchange of its own, before anything is spent. What was found is kept
 * beside the records for a day, with the server it is of.
 */
#include "config.h"
#include "job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "json.h"
#include "transport.h"

#define CACHE_SECONDS 86400

static const char *member(const struct ft_metadata *metadata, const char *name)
{
	for (size_t i = 0; i < metadata->n; i++)
		if (strcmp(metadata->list[i].name, name) == 0)
			return metadata->list[i].value;
	return NULL;
}

static int add(struct ft_metadata *metadata, const char *name, const char *value)
{
	struct ft_param *list = reallocarray(metadata->list, metadata->n + 1, sizeof *list);

	if (list == NULL)
		return FT_NO_MEMORY;
	metadata->list = list;
	list[metadata->n] = (struct ft_param){ strdup(name), strdup(value) };
	metadata->n++;
	return list[metadata->n - 1].name == NULL || list[metadata->n - 1].value == NULL ?
	       FT_NO_MEMORY : 0;
}

/* FT_NOT_FOUND where there is none that is still good. A cache that cannot be read is none. */
static int from_cache(struct ft_job *job, struct ft_metadata *ret)
{
	struct ft_buf text = FT_BUF_INIT(64 * 1024);
	struct json_object *object = NULL, *endpoints = NULL;
	struct ft_metadata metadata = { NULL, 0 };
	struct ft_moment now;
	int r = FT_NOT_FOUND;

	ft_moment_now(&now);
	if (job->ft->ops->cache_read(job->ft->store, job->account->name, &text, NULL) != 0 ||
	    text.data == NULL || ft_json_parse(text.data, text.len, 3, "the cache", &object, NULL) != 0)
		goto out;
	const char *server = ft_json_string(object, "server");
	int64_t age = now.real / 1000 - ft_json_int(object, "fetched_at", INT64_MAX);

	if (server == NULL || strcmp(server, job->server) != 0 || age < 0 || age > CACHE_SECONDS ||
	    !json_object_object_get_ex(object, "metadata", &endpoints) ||
	    !json_object_is_type(endpoints, json_type_object))
		goto out;
	r = 0;
	json_object_object_foreach(endpoints, key, value) {
		if (r == 0 && json_object_is_type(value, json_type_string))
			r = add(&metadata, key, json_object_get_string(value));
	}
	if (r == 0)
		*ret = metadata;
	else
		ft_metadata_release(&metadata);
out:
	json_object_put(object);
	ft_buf_release(&text);
	return r;
}

static void to_cache(struct ft_job *job, const struct ft_metadata *metadata)
{
	struct ft_buf text = FT_BUF_INIT(64 * 1024);
	struct json_object *object = json_object_new_object(), *endpoints = json_object_new_object();
	struct ft_moment now;
	size_t len = 0;
	int r = 0;

	ft_moment_now(&now);
	for (size_t i = 0; i < metadata->n; i++)
		r |= ft_json_add_string(endpoints, metadata->list[i].name, metadata->list[i].value);
	r |= ft_json_add_string(object, "server", job->server);
	r |= ft_json_add_int(object, "fetched_at", now.real / 1000);
	r |= ft_json_add(object, "metadata", endpoints);
	const char *json = r == 0 ? ft_json_text(object, &len) : NULL;

	if (json != NULL) {
		ft_buf_add(&text, json, len);
		/* Without a cache the next refresh asks again. */
		if (ft_buf_check(&text, "", NULL) == 0)
			(void)job->ft->ops->cache_write(job->ft->store, job->account->name, &text, NULL);
	}
	json_object_put(object);
	ft_buf_release(&text);
}

static int ask(struct ft_job *job, const struct ft_buf *message, struct ft_facts *ret,
	       struct ft_error *err)
{
	struct ft_transport transport = FT_TRANSPORT_INIT;
	int answer = memfd_create("freshtoken-answer", MFD_CLOEXEC), r;

	if (answer < 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot make room for an answer");
	r = ft_transport_start(job->ft->places.libexec, answer, job->lock_fd, &transport, err);
	if (r == 0)
		r = ft_transport_send(&transport, message, err);
	ft_transport_finish(&transport, job->account->timeout);
	if (r == 0)
		r = ft_transport_answer(answer, ret, err);
	(void)close(answer);
	return r;
}

/* RFC 8414 section 3.3: identical; but a trailing slash, which the configuration drops, may differ. */
static bool same_issuer(const char *server, const char *issuer)
{
	size_t len = strlen(server);

	return issuer != NULL && strncmp(server, issuer, len) == 0 &&
	       (issuer[len] == '\0' || strcmp(issuer + len, "/") == 0);
}

int ft_job_metadata(struct ft_job *job, struct ft_metadata *ret, struct ft_error *err)
{
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	bool answered = false;
	int r = 0;

	if (!ft_request_needs_discovery(&job->profile, FT_REQUEST_REFRESH))
		return 0;
	if (from_cache(job, ret) == 0) {
		if (member(ret, job->profile.refresh.endpoint) != NULL)
			return 0;
		ft_metadata_release(ret);
	}
	for (unsigned i = 0; ; i++) {
		struct ft_facts facts = { .date = -1 };

		ft_buf_clear(&message);
		r = ft_request_discovery(job->account, &job->profile, i, &job->proxy, &message, err);
		if (r == FT_NOT_FOUND)
			r = answered ?
			    ft_error_set(err, FT_CONFIG, "%s does not tell its endpoints (no metadata by RFC 8414"
					 " or OpenID Connect); name them in a profile's [metadata]", job->server) :
			    ft_error_set(err, FT_CONFIG, "the profile %s needs the endpoint %s, which neither its"
					 " [metadata] nor discovery gives", job->account->provider,
					 job->profile.refresh.endpoint);
		if (r != 0)
			break;
		r = ask(job, &message, &facts, err);
		if (r != 0)
			break;
		const char *issuer = member(&facts.metadata, "issuer");

		if (facts.status == 0 || facts.status == 429 || facts.status >= 500) {
			r = ft_error_set(err, FT_TEMPORARY, "%s: discovery: %s%s", job->server,
					 facts.status != 0 ? "the service is out of order" : "",
					 facts.error);
		} else if (facts.status == 200 && issuer != NULL && !same_issuer(job->server, issuer)) {
			r = ft_error_set(err, FT_CONFIG, "%s says that its issuer is %.200s; set server to that"
					 " if you trust it", job->server, issuer);
		} else if (facts.status == 200 && issuer != NULL &&
			   member(&facts.metadata, job->profile.refresh.endpoint) != NULL) {
			*ret = facts.metadata;
			facts.metadata = (struct ft_metadata){ NULL, 0 };
			ft_facts_release(&facts);
			to_cache(job, ret);
			break;
		}
		answered = true;
		ft_facts_release(&facts);
		if (r != 0)
			break;
	}
	ft_buf_release(&message);
	return r;
}
