/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/fleet/value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/data/json.h"

#define MAGIC "freshtoken-fleet 1 "
/* The digits of INT64_MAX; the generation of a record is at most FT_NUMBER_MAX (date.h). */
#define DIGITS_MAX 19
#define LABEL_MAX 512
#define SIGN_OUT_TRIES 8

void ft_value_release(struct ft_value *value)
{
	if (value == NULL)
		return;
	ft_record_release(&value->record);
	*value = (struct ft_value)FT_VALUE_INIT;
}

size_t ft_value_head(const struct ft_buf *bytes, uint64_t *ret)
{
	const size_t begin = sizeof MAGIC - 1;
	size_t at = begin;
	uint64_t number = 0;

	if (bytes->len < begin || memcmp(bytes->data, MAGIC, begin) != 0)
		return 0;
	while (at < bytes->len && at - begin < DIGITS_MAX && bytes->data[at] >= '0' &&
	       bytes->data[at] <= '9')
		number = 10 * number + (uint64_t)(bytes->data[at++] - '0');
	if (at == begin || bytes->data[begin] == '0' || at == bytes->len ||
	    bytes->data[at] != '\n' || number > INT64_MAX)
		return 0;
	*ret = number;
	return at + 1;
}

static int make_label(const char *place, uint64_t generation, struct ft_buf *ret)
{
	ft_buf_addf(ret, MAGIC "%" PRIu64 " %s", generation, place);
	return ret->failed;
}

static int add_claim(struct json_object *head, const struct ft_claim *claim)
{
	struct json_object *object = json_object_new_object();
	int r = ft_json_add_string(object, "host", claim->host);

	r |= ft_json_add_string(object, "nonce", claim->nonce);
	r |= ft_json_add_string(object, "fingerprint", claim->fingerprint);
	r |= ft_json_add_int(object, "since", claim->since);
	r |= ft_json_add_int(object, "first", claim->first);
	r |= ft_json_add_int(object, "until", claim->until);
	return r | ft_json_add(head, "claim", object);
}

static int add_head(const struct ft_value *value, struct ft_buf *ret)
{
	struct json_object *head = json_object_new_object();
	int r = ft_json_add_string(head, "host", value->host);

	r |= ft_json_add_int(head, "at", value->at);
	if (value->signed_out)
		r |= ft_json_add(head, "signed_out", json_object_new_boolean(1));
	if (value->claim.present)
		r |= add_claim(head, &value->claim);
	const char *text = r == 0 ? ft_json_text(head, NULL) : NULL;

	if (text != NULL)
		ft_buf_adds(ret, text);
	ft_buf_adds(ret, "\n");
	json_object_put(head);
	return text != NULL ? 0 : FT_NO_MEMORY;
}

int ft_value_close(const unsigned char key[FT_BOX_KEY], const char *place,
		   const struct ft_value *value, struct ft_buf *ret, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FT_RECORD_MAX), label = FT_BUF_INIT(LABEL_MAX);
	int r = add_head(value, &text);

	if (r == 0)
		r = make_label(place, value->generation, &label);
	if (r != 0)
		r = ft_error_memory(err);
	if (r == 0 && !value->signed_out)
		r = ft_record_format(&value->record, &text, err);
	if (r == 0)
		r = ft_buf_check(&text, "the record", err);
	if (r == 0) {
		ft_buf_addf(ret, MAGIC "%" PRIu64 "\n", value->generation);
		r = ft_box_close(key, label.data, &text, ret, err);
	}
	if (r == 0)
		r = ft_buf_check(ret, "the record", err);
	ft_buf_release(&text);
	ft_buf_release(&label);
	return r;
}

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(object, key, &value) ? value : NULL;
}

/* Truncates: the value is one of freshtoken's, because it was sealed, but a later version may write
 * longer ones. */
static void copy(char *to, size_t size, const char *from)
{
	size_t len = from != NULL ? strnlen(from, size - 1) : 0;

	if (len > 0)
		memcpy(to, from, len);
	to[len] = '\0';
}

static int parse_head(const char *text, size_t len, struct ft_value *ret, struct ft_error *err)
{
	struct json_object *head = NULL;
	int r = ft_json_parse(text, len, 3, "the value in the fleet's store", &head, err);

	if (r != 0)
		return r;
	struct json_object *claim = member(head, "claim");

	copy(ret->host, sizeof ret->host, ft_json_string(head, "host"));
	ret->at = ft_json_int(head, "at", 0);
	ret->signed_out = ft_json_bool(head, "signed_out", false);
	ret->claim.present = claim != NULL;
	if (claim != NULL) {
		copy(ret->claim.host, sizeof ret->claim.host, ft_json_string(claim, "host"));
		copy(ret->claim.nonce, sizeof ret->claim.nonce, ft_json_string(claim, "nonce"));
		copy(ret->claim.fingerprint, sizeof ret->claim.fingerprint,
		     ft_json_string(claim, "fingerprint"));
		ret->claim.since = ft_json_int(claim, "since", 0);
		ret->claim.first = ft_json_int(claim, "first", ret->claim.since);
		ret->claim.until = ft_json_int(claim, "until", 0);
	}
	json_object_put(head);
	return 0;
}

int ft_value_parse(const struct ft_buf *text, const char *account, struct ft_value *ret,
		   struct ft_error *err)
{
	const char *end = memchr(text->data, '\n', text->len);
	int r = end != NULL ? parse_head(text->data, (size_t)(end - text->data), ret, err) :
			      ft_error_set(err, FT_UNTRUSTED, "it has no head");

	if (r == 0 && !ret->signed_out)
		r = ft_record_parse(end + 1, text->len - (size_t)(end + 1 - text->data), account,
				    &ret->record, err);
	if (r == 0 && !ret->signed_out && ret->record.generation != ret->generation)
		r = ft_error_set(err, FT_UNTRUSTED, "it has a record of another generation");
	return r;
}

int ft_value_open(const unsigned char key[FT_BOX_KEY], const char *place, const char *account,
		  const struct ft_buf *bytes, struct ft_value *ret, struct ft_error *err)
{
	struct ft_buf sealed = FT_BUF_INIT(FT_FLEET_VALUE_MAX), label = FT_BUF_INIT(LABEL_MAX),
		      text = FT_BUF_INIT(FT_FLEET_VALUE_MAX);
	struct ft_value value = FT_VALUE_INIT;
	const size_t line = ft_value_head(bytes, &value.generation);
	int r = 0;

	if (line == 0)
		return ft_error_set(err, FT_UNTRUSTED, "%s is not a value that freshtoken wrote",
				    place);
	ft_buf_add(&sealed, bytes->data + line, bytes->len - line);
	if (make_label(place, value.generation, &label) != 0 || sealed.failed == FT_NO_MEMORY)
		r = ft_error_memory(err);
	if (r == 0)
		r = ft_buf_check(&sealed, place, err);
	/* Refuses a box of the kind that answers have (box.h): anybody with the public key can make
	 * one. */
	if (r == 0 && (!ft_box_is(&sealed) || sealed.len < FT_BOX_TEXT_MORE ||
		       sealed.data[sizeof FT_BOX_MAGIC - 1] != 'T'))
		r = ft_error_set(err, FT_UNTRUSTED, "%s is not sealed", place);
	if (r == 0)
		r = ft_box_open(key, label.data, &sealed, &text, err);
	if (r == 0)
		r = ft_value_parse(&text, account, &value, err);
	ft_buf_release(&sealed);
	ft_buf_release(&label);
	ft_buf_release(&text);
	if (r != 0) {
		ft_value_release(&value);
		return r;
	}
	memcpy(value.revision, ret->revision, sizeof value.revision);
	*ret = value;
	return 0;
}

static void to_store(struct ft_moment *moment, const struct ft_fleet_clock *clock)
{
	int64_t age = ft_moment_since(&clock->here, moment);

	/* It has never happened. */
	if (moment->real == 0)
		return;
	*moment = (struct ft_moment){ .real = clock->least - (age > 0 ? age : 0) };
}

void ft_value_moment(int64_t at, const struct ft_fleet_clock *clock, struct ft_moment *ret)
{
	int64_t age = clock->most - at;

	if (age < 0)
		age = 0;
	*ret = clock->here;
	ret->real -= age;
	ret->boot -= age;
}

static void from_store(struct ft_moment *moment, const struct ft_fleet_clock *clock)
{
	if (moment->real != 0)
		ft_value_moment(moment->real, clock, moment);
}

/* Removes what applies to this host only. */
static void drop_ours(struct ft_record *record)
{
	record->fleet = (struct ft_record_fleet){ .used = false };
	record->disbelief = (struct ft_disbelief){ 0 };
	record->rejected = false;
	free(record->file_trouble);
	record->file_trouble = NULL;
}

int ft_value_record_for_store(const struct ft_record *record, const struct ft_fleet_clock *clock,
			      struct ft_record *ret, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FT_RECORD_MAX);
	int r = ft_record_format(record, &text, err);

	if (r == 0)
		r = ft_record_parse(text.data, text.len, record->account, ret, err);
	ft_buf_release(&text);
	if (r != 0)
		return r;
	drop_ours(ret);
	to_store(&ret->issued, clock);
	to_store(&ret->id.issued, clock);
	to_store(&ret->checked, clock);
	to_store(&ret->journal.moment, clock);
	to_store(&ret->journal.first, clock);
	return 0;
}

void ft_value_record_from_store(struct ft_record *record, const struct ft_fleet_clock *clock)
{
	drop_ours(record);
	from_store(&record->issued, clock);
	from_store(&record->id.issued, clock);
	from_store(&record->checked, clock);
	from_store(&record->journal.moment, clock);
	from_store(&record->journal.first, clock);
}

static int explain(struct ft_fleet *fleet, int r, struct ft_error *err)
{
	if (r == FT_LOGIN_NEEDED)
		(void)ft_error_set(err, r = FT_CONFIG,
				   "its value was sealed with another key" FT_REMEDY
				   "key_file = %s must be the same file on all hosts",
				   fleet->section->key_file);
	else if (r == FT_UNTRUSTED && err != NULL && err->remedy[0] == '\0')
		(void)ft_error_remedy(err, r, "see who else writes to it; \"freshtoken login %s\", "
				      "on one host, replaces the value", fleet->account->name);
	ft_fleet_prefix(fleet->section, err);
	return r;
}

int ft_value_read(struct ft_fleet *fleet, struct ft_value *ret, struct ft_error *err)
{
	struct ft_buf bytes = FT_BUF_INIT(FT_FLEET_VALUE_MAX);
	char *place = ft_fleet_key(fleet);
	struct ft_value value = FT_VALUE_INIT;
	int r = place == NULL ? ft_error_memory(err) :
		fleet->ops->read(fleet, place, &bytes, value.revision, err);

	if (r == 0) {
		r = ft_value_open(fleet->key, place, fleet->account->name, &bytes, &value, err);
		/* A remedy from box.h or record.h would be about a file on this host. */
		if (r != 0)
			err->remedy[0] = '\0';
	}
	if (r == FT_NOT_FOUND)
		r = 0;
	else if (r == 0)
		ft_value_record_from_store(&value.record, &fleet->clock);
	else
		r = explain(fleet, r, err);
	if (r == 0) {
		ft_value_release(ret);
		*ret = value;
	}
	ft_buf_release(&bytes);
	free(place);
	return r;
}

static int write_value(struct ft_fleet *fleet, bool claims, struct ft_value *value,
		       struct ft_error *err)
{
	struct ft_buf bytes = FT_BUF_INIT(FT_FLEET_VALUE_MAX);
	struct ft_value out = *value;	/* without the record: that is lent by the caller */
	char *place = ft_fleet_key(fleet);
	int r = place == NULL ? ft_error_memory(err) : 0;

	out.record = (struct ft_record)FT_RECORD_INIT;
	out.at = fleet->clock.least;
	out.host[0] = '\0';
	(void)gethostname(out.host, sizeof out.host - 1);
	if (r == 0 && !value->signed_out)
		r = ft_value_record_for_store(&value->record, &fleet->clock, &out.record, err);
	if (r == 0)
		r = ft_value_close(fleet->key, place, &out, &bytes, err);
	if (r == 0)
		r = (claims ? fleet->ops->claim : fleet->ops->commit)(
			fleet, place, value->revision, &bytes, value->revision, err);
	if (r != 0)
		r = explain(fleet, r, err);
	ft_record_release(&out.record);
	ft_buf_release(&bytes);
	free(place);
	return r;
}

int ft_value_claim(struct ft_fleet *fleet, struct ft_value *value, struct ft_error *err)
{
	return write_value(fleet, true, value, err);
}

int ft_value_commit(struct ft_fleet *fleet, struct ft_value *value, struct ft_error *err)
{
	return write_value(fleet, false, value, err);
}

int ft_value_sign_out(const struct freshtoken *ft, const struct ft_account *account,
		      struct ft_error *err)
{
	struct ft_fleet fleet = { .ft = NULL };
	struct ft_value value = FT_VALUE_INIT;
	int r = ft_fleet_open(ft, account, &fleet, err);

	for (int i = 0; r == 0; i++) {
		r = ft_value_read(&fleet, &value, err);
		if (r != 0 || value.generation == 0 || value.signed_out)
			break;
		/* A new generation, so that a token that comes late is refused. */
		value.generation++;
		value.signed_out = true;
		value.claim = (struct ft_claim){ .present = false };
		r = ft_value_commit(&fleet, &value, err);
		if (r != FT_BUSY || i >= SIGN_OUT_TRIES)
			break;
		r = 0;
	}
	ft_value_release(&value);
	ft_fleet_close(&fleet);
	return r;
}
