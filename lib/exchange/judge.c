/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/exchange/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/date.h"
#include "lib/base/token.h"
#include "lib/base/utf8.h"
#include "lib/exchange/proof.h"
#include "lib/store/record.h"

/* Of a token whose expiry is stated, and cannot be read. */
#define ASSUMED_LIFETIME (INT64_C(300) * 1000)
/* What a service says beyond that is no lifetime: ten years. */
#define MAX_LIFETIME (INT64_C(3650) * 86400 * 1000)
/* Longer words of a service are no message. */
#define WORDS_MAX 240

#define TOO_MUCH "wait; where it comes again, ask its administrator for a larger quota"

void ft_judgement_release(struct ft_judgement *judgement)
{
	if (judgement == NULL)
		return;
	ft_secret_release(&judgement->refresh_token);
	ft_secret_release(&judgement->access_token);
	ft_secret_release(&judgement->id_token);
	ft_secret_release(&judgement->raw);
	free(judgement->token_type);
	free(judgement->subject);
	*judgement = (struct ft_judgement)FT_JUDGEMENT_INIT;
}

static const char *field(const struct ft_facts *facts, enum ft_field which)
{
	return facts->fields[which].data;
}

/* `*` matches any run of bytes; everything else matches itself. */
static bool glob(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool one_matches(const struct ft_strings *items, const char *text)
{
	for (size_t i = 0; text != NULL && i < items->n; i++)
		if (glob(items->list[i], text))
			return true;
	return false;
}

/* All keys of the section must match, one item each. */
static bool rule_matches(const struct ft_error_rule *rule, const struct ft_facts *facts)
{
	char status[16];

	(void)snprintf(status, sizeof status, "%d", facts->status);
	if (!rule->present ||
	    (!facts->parsed && !(rule->unparsed && facts->media != FT_MEDIA_HTML)))
		return false;
	/* A body that stays unparsed has no code and no message to go by. */
	return (rule->status.n == 0 || one_matches(&rule->status, status)) &&
	       (rule->code.n == 0 || one_matches(&rule->code, field(facts, FT_FIELD_CODE))) &&
	       (rule->message.n == 0 ||
		one_matches(&rule->message, field(facts, FT_FIELD_MESSAGE)));
}

/* RFC 6749 section 5.2, whatever the profile knows. */
static bool is_client_refused(const struct ft_facts *facts)
{
	const char *code = field(facts, FT_FIELD_CODE);

	return facts->parsed && facts->status < 500 && code != NULL &&
	       strcmp(code, "invalid_client") == 0;
}

static bool is_false(const char *text)
{
	return strcasecmp(text, "false") == 0 || strcmp(text, "0") == 0;
}

static bool is_success(const struct ft_facts *facts)
{
	const char *success = field(facts, FT_FIELD_SUCCESS), *code = field(facts, FT_FIELD_CODE);

	if (facts->status < 200 || facts->status > 299 || !facts->parsed ||
	    field(facts, FT_FIELD_ACCESS_TOKEN) == NULL)
		return false;
	if (success != NULL)
		return !is_false(success);
	return code == NULL || is_false(code);
}

/* A point in time as text, with the service's own offset where it has no zone; -1. */
static int64_t point(const struct ft_facts *facts, enum ft_field which)
{
	const char *text = field(facts, which), *offset = field(facts, FT_FIELD_EXPIRES_OFFSET);
	bool has_zone;
	int64_t minutes = 0, ms = text != NULL ? ft_date_parse(text, &has_zone) : -1;

	if (ms < 0 || has_zone)
		return ms;
	/* Local time of a place nobody named says nothing. */
	if (offset == NULL || !ft_number_parse(offset, &minutes) || minutes < -1440 ||
	    minutes > 1440)
		return -1;
	return ms - minutes * 60000;
}

/* From dates: by the service's clock, and by ours; the lesser, of those that can be true. */
static int64_t until(int64_t at, const struct ft_facts *facts, const struct ft_moment *sent)
{
	int64_t theirs = facts->date >= 0 ? at - facts->date * 1000 : -1, ours = at - sent->real;
	bool theirs_can = theirs > 0 && theirs <= MAX_LIFETIME,
	     ours_can = ours > 0 && ours <= MAX_LIFETIME;

	if (theirs_can && ours_can)
		return theirs < ours ? theirs : ours;
	return theirs_can ? theirs : ours_can ? ours : theirs > 0 || ours > 0 ? MAX_LIFETIME : 0;
}

/* Stated, and yet unreadable: not "for ever". */
static bool states_expiry(const struct ft_facts *facts)
{
	return field(facts, FT_FIELD_EXPIRES_IN) != NULL ||
	       field(facts, FT_FIELD_EXPIRES_IN_MS) != NULL ||
	       field(facts, FT_FIELD_EXPIRES_AT) != NULL ||
	       field(facts, FT_FIELD_EXPIRES_AT_MS) != NULL;
}

/* Lifetime in ms by the first expiry that can be read; -1: none is stated. May be zero. */
static int64_t lifetime(const struct ft_profile *profile, const struct ft_facts *facts,
			bool *ret_assumed, const struct ft_moment *sent)
{
	int64_t value, at;
	const char *text = field(facts, FT_FIELD_EXPIRES_IN);

	if (text != NULL && ft_number_parse(text, &value))
		return value > MAX_LIFETIME / 1000 ? MAX_LIFETIME : value < 0 ? 0 : value * 1000;
	text = field(facts, FT_FIELD_EXPIRES_IN_MS);
	if (text != NULL && ft_number_parse(text, &value))
		return value > MAX_LIFETIME ? MAX_LIFETIME : value < 0 ? 0 : value;
	at = point(facts, FT_FIELD_EXPIRES_AT);
	text = field(facts, FT_FIELD_EXPIRES_AT_MS);
	if (at < 0 && text != NULL && ft_number_parse(text, &value) && value >= 0)
		at = value;
	if (at < 0 && profile->expires_jwt && facts->jwt_exp >= 0)
		at = facts->jwt_exp * 1000;
	if (at < 0) {
		*ret_assumed = states_expiry(facts);
		return *ret_assumed	     ? ASSUMED_LIFETIME :
		       profile->lifetime > 0 ? profile->lifetime * 1000 :
					       -1;
	}
	return until(at, facts, sent);
}

static bool type_known(const struct ft_profile *profile, const char *type)
{
	if (type == NULL)
		return true;
	for (size_t i = 0; i < profile->token_types.n; i++)
		if (strcasecmp(profile->token_types.list[i], type) == 0)
			return true;
	return false;
}

/* How much of a service's words is told: too much of it ends with its first line, as at services
 * that write numbers for their own people below. No token goes on after a line's end. */
static size_t told(const char *text)
{
	size_t len = strlen(text);

	if (len > WORDS_MAX)
		for (len = strcspn(text, "\n"); len > 0 && text[len - 1] == ' ';)
			len--;
	return len;
}

/* The service's words go into a message only if they are short and carry no token. */
static const char *harmless(const struct ft_facts *facts, enum ft_field which)
{
	const char *text = field(facts, which);

	if (text == NULL || told(text) > WORDS_MAX)
		return NULL;
	for (int i = FT_FIELD_ACCESS_TOKEN; i <= FT_FIELD_REFRESH_TOKEN; i++)
		if (facts->fields[i].len > 0 && strstr(text, facts->fields[i].data) != NULL)
			return NULL;
	/* Something as long as a token and without a blank may be one that we sent. */
	const char *end = text + told(text);

	for (const char *s = text; s < end; s += strcspn(s, " "), s += strspn(s, " "))
		if (strcspn(s, " ") > 40 && end - s > 40)
			return NULL;
	return text;
}

bool ft_judge_is_code(const char *code)
{
	static const char accepted[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t len = strspn(code, accepted);

	return len > 0 && len <= 60 && code[len] == '\0';
}

static bool is_redirect(const struct ft_facts *facts)
{
	/* 304 leads nowhere: it says that nothing changed, to somebody who did not ask that. */
	return facts->status >= 300 && facts->status < 400 && facts->status != 304;
}

/* What came where an answer should be; "": it is one. */
static const char *instead_of_answer(const struct ft_facts *facts)
{
	if (facts->media == FT_MEDIA_HTML)
		return " with a web page instead of an answer (a captive portal or proxy?)";
	if (is_redirect(facts))
		return " (a redirect, which is never followed)";
	if (facts->status < 200 || facts->status > 299 || facts->parsed)
		return "";
	return facts->salvaged ?
		" with a body that can be read in part; its new refresh token is kept" :
		" with a body that cannot be read";
}

void ft_judge_words(const struct ft_facts *facts, struct ft_error *ret)
{
	const char *code = harmless(facts, FT_FIELD_CODE),
		   *message = harmless(facts, FT_FIELD_MESSAGE);
	/* What is no code is a service's own words, as the message is. */
	const bool named = code != NULL && ft_judge_is_code(code);
	char foreign[FT_ERROR_FOREIGN];

	/* Nothing of them is cut: half a token would not be found by ft_judge_hide. */
	if (code != NULL && message != NULL && !named &&
	    told(code) + told(message) + strlen(": ") >= sizeof foreign)
		message = NULL;

	if (facts->status == 0) {
		(void)ft_error_set(ret, FT_OK, "%s",
				   facts->error[0] != '\0' ? facts->error : "no answer");
		(void)ft_error_remedy(ret, FT_OK, "%s", ft_reason_remedy(facts->reason));
		return;
	}
	(void)ft_error_set(ret, FT_OK, "HTTP %d%s%s%s%s%s", facts->status, named ? ": " : "",
			   named ? code : "", instead_of_answer(facts),
			   facts->error[0] != '\0' ? ": " : "", facts->error);
	if (is_redirect(facts))
		(void)ft_error_remedy(ret, FT_OK, "set the server's final address");
	if (code == NULL || named)
		code = "";
	if (message == NULL)
		message = "";
	(void)snprintf(foreign, sizeof foreign, "%.*s%s%.*s", (int)told(code), code,
		       *code != '\0' && *message != '\0' ? ": " : "", (int)told(message), message);
	/* Nothing that moves a terminal's cursor or turns the direction of what follows. */
	for (char *c = foreign; *c != '\0'; c++)
		for (size_t unseen = ft_utf8_unseen(c); unseen > 0; unseen--)
			*(unseen > 1 ? c++ : c) = ' ';
	ft_error_foreign(ret, foreign);
}

void ft_judge_hide(struct ft_error *words, const struct ft_secret *token)
{
	if (token->data != NULL &&
	    (strstr(words->text, token->data) != NULL ||
	     strstr(words->foreign, token->data) != NULL))
		(void)ft_error_set(words, words->code,
				   "the service's words repeat a token and are left out");
}

/* Some say it with 403, as GitHub does, and when to come again. */
static bool is_too_much(const struct ft_facts *facts)
{
	return facts->status == 429 ||
	       (facts->status == 403 && (facts->quota_used_up || facts->retry_after >= 0));
}

/* By a code, and not by a status that may be about something else. */
static bool names_why(const struct ft_profile *profile, const struct ft_facts *facts)
{
	return is_client_refused(facts) ||
	       (profile->terminal.code.n > 0 && rule_matches(&profile->terminal, facts));
}

/* Neither a web page of somebody in between, nor a word about how busy it is. */
static bool is_refusal(const struct ft_facts *facts)
{
	const char *code = field(facts, FT_FIELD_CODE);

	if (facts->status >= 200 && facts->status <= 299)
		return facts->parsed && code != NULL && !is_false(code);
	return facts->status >= 400 && facts->status <= 499 && facts->status != 408 &&
	       !is_too_much(facts) && (facts->parsed || facts->media != FT_MEDIA_HTML);
}

/* All that a refusal says; two that differ in anything are two. But a service that lets a client go
 * by its refresh token and not by itself has looked at the token, whatever it adds. */
static int describe(const struct ft_facts *facts, char ret[FT_FINGERPRINT_SIZE])
{
	const char *code = field(facts, FT_FIELD_CODE);
	bool about_client = code != NULL && strcmp(code, "unauthorized_client") == 0;
	const char *message = about_client ? NULL : field(facts, FT_FIELD_MESSAGE);
	char *text = NULL;
	int len = asprintf(&text, "%d %d %d %s\n%s", facts->status, (int)facts->media,
			   facts->parsed, code != NULL ? code : "", message != NULL ? message : "");

	if (len < 0)
		return FT_NO_MEMORY;
	const struct ft_secret secret = { text, (size_t)len };

	ft_fingerprint(&secret, ret);
	free(text);
	return 0;
}

static void explain(struct ft_judgement *j, const struct ft_facts *facts)
{
	bool empty = facts->status >= 200 && facts->status < 300 && facts->parsed &&
		     field(facts, FT_FIELD_ACCESS_TOKEN) == NULL;

	ft_judge_words(facts, &j->why);
	if (empty)
		(void)strncat(j->why.text, " without an access token",
			      sizeof j->why.text - strlen(j->why.text) - 1);
}

static void explain_too_much(struct ft_judgement *j, const struct ft_facts *facts)
{
	ft_error_add(&j->why, facts->quota_used_up ?
			     "the quota at the service is used up" FT_REMEDY TOO_MUCH :
			     "the service was asked too often" FT_REMEDY TOO_MUCH);
}

/* A service that rotates must not lose its successor to an answer that is unusable otherwise. */
static int keep_refresh_token(const struct ft_facts *facts, const char *subject,
			      struct ft_judgement *j)
{
	const struct ft_secret *token = &facts->fields[FT_FIELD_REFRESH_TOKEN];
	const char *who = field(facts, FT_FIELD_SUBJECT);

	if (facts->status < 200 || facts->status > 299 || (!facts->parsed && !facts->salvaged) ||
	    !ft_refresh_token_valid(token->data, token->len) ||
	    (subject != NULL && who != NULL && strcmp(subject, who) != 0))
		return 0;
	j->ambiguous = false;
	/* Some services want the access token that came with it for the next refresh. */
	const struct ft_secret *access = &facts->fields[FT_FIELD_ACCESS_TOKEN];

	if (ft_token_valid(access->data, access->len) &&
	    ft_secret_copy(&j->access_token, access) != 0)
		return FT_NO_MEMORY;
	return ft_secret_copy(&j->refresh_token, token);
}

static int unusable(struct ft_judgement *j, enum ft_outcome outcome, const char *reason)
{
	j->outcome = outcome;
	(void)ft_error_set(&j->why, FT_OK, "%.*s", (int)strcspn(reason, FT_REMEDY), reason);
	if (strstr(reason, FT_REMEDY) != NULL)
		(void)ft_error_remedy(&j->why, FT_OK, "%s", strstr(reason, FT_REMEDY) + 1);
	return 0;
}

/* What is odd about an answer that can be used: it does not go by in silence. */
static void remark(const struct ft_facts *facts, struct ft_judgement *j)
{
	const struct ft_secret *refresh = &facts->fields[FT_FIELD_REFRESH_TOKEN];

	if (facts->refresh_unusable ||
	    (refresh->len > 0 && !ft_refresh_token_valid(refresh->data, refresh->len)))
		(void)ft_error_set(&j->why, FT_OK,
			       "the service issued a refresh token that is longer than %d bytes or "
			       "has bytes none may have; it cannot be used, and the old one may be "
			       "spent",
			       FT_TOKEN_MAX);
	else if (j->assumed_life)
		(void)ft_error_set(&j->why, FT_OK,
			       "the service states an expiry that cannot be read; its token is "
			       "taken to live for %d min",
			       (int)(ASSUMED_LIFETIME / 60000));
}

/* Of the refresh token, in ms; Keycloak says 0 where it has no end. It is for telling people alone:
 * what cannot be read is not said. */
static int64_t refresh_lifetime(const struct ft_facts *facts)
{
	const char *text = field(facts, FT_FIELD_REFRESH_EXPIRES_IN);
	int64_t seconds;

	if (text == NULL || !ft_number_parse(text, &seconds) || seconds < 0)
		return -1;
	return seconds > MAX_LIFETIME / 1000 ? 0 : seconds * 1000;
}

/* One that ends sooner than the transport's leeway is none that can be used. */
static int take_id_token(const struct ft_facts *facts, const struct ft_moment *sent,
			 struct ft_judgement *j)
{
	const struct ft_secret *token = &facts->id_token.token;

	if (!facts->id_token.verified || facts->id_token.exp < 0 ||
	    !ft_token_valid(token->data, token->len))
		return 0;
	int64_t life = until(facts->id_token.exp * 1000, facts, sent);

	if (life <= 0)
		return 0;
	j->id_lifetime = life;
	return ft_secret_copy(&j->id_token, token);
}

/* The answer says success: is what it brought fit for use? */
static int judge_success(const struct ft_profile *profile, const struct ft_facts *facts,
			 const char *subject, const struct ft_moment *sent, struct ft_judgement *j)
{
	const struct ft_secret *access = &facts->fields[FT_FIELD_ACCESS_TOKEN];
	const char *type = field(facts, FT_FIELD_TOKEN_TYPE), *who = field(facts, FT_FIELD_SUBJECT);

	j->lifetime = lifetime(profile, facts, &j->assumed_life, sent);
	if (subject != NULL && who != NULL && strcmp(subject, who) != 0)
		return unusable(
			j, FT_OUTCOME_TERMINAL,
			"the service answered for another person than the one who signed in");
	if (keep_refresh_token(facts, subject, j) != 0)
		return FT_NO_MEMORY;
	/* Where its keys cannot be had just now, an ID token says nothing: no change of subject. */
	if (facts->id_token.present && !facts->id_token.verified && !facts->id_token.unknown_key) {
		j->outcome = FT_OUTCOME_TRANSIENT;
		(void)ft_error_set(&j->why, FT_OK,
			       "the service's ID token is not to be believed: %s",
			       facts->id_token.error);
		return 0;
	}
	if (!ft_token_valid(access->data, access->len))
		return unusable(j, FT_OUTCOME_TRANSIENT,
				"the service issued an access token that is too long or has bytes "
				"no token may have");
	if (type != NULL && !type_known(profile, type) && strcasecmp(type, "dpop") == 0)
		return unusable(j, FT_OUTCOME_TRANSIENT,
				"the service issued a token that is bound to a key (DPoP, RFC 9449)"
				FT_REMEDY "set dpop = yes, and sign in again");
	/* A token of no type is none of theirs either. */
	if (ft_proof_is_ours(profile) && (type == NULL || !type_known(profile, type)))
		return unusable(j, FT_OUTCOME_TRANSIENT,
				"the service issued a token that is not bound to the key of dpop "
				"= yes" FT_REMEDY
				"have the client registered for DPoP, or remove dpop");
	if (!type_known(profile, type))
		return unusable(j, FT_OUTCOME_TRANSIENT,
				"the service issued a token of a type that the profile's "
				"token_types does not name");
	if (j->lifetime == 0)
		return unusable(j, FT_OUTCOME_TRANSIENT,
				"the service issued an access token that has already expired");
	j->outcome = FT_OUTCOME_FRESH;
	j->refresh_lifetime = refresh_lifetime(facts);
	remark(facts, j);
	if (ft_secret_copy(&j->access_token, access) != 0 ||
	    take_id_token(facts, sent, j) != 0 || ft_record_set(&j->token_type, type) != 0 ||
	    ft_record_set(&j->subject, who) != 0)
		return FT_NO_MEMORY;
	return 0;
}

/* A service may say the same of a proof that it has seen before, and nothing beside it. */
static int judge_terminal(const struct ft_profile *profile, const struct ft_facts *facts,
			  struct ft_judgement *j)
{
	j->outcome = FT_OUTCOME_TERMINAL;
	j->other_proof = ft_proof_is_ours(profile);
	return j->other_proof ? describe(facts, j->refusal) : 0;
}

int ft_judge(const struct ft_profile *profile, const struct ft_facts *facts, const char *subject,
	     const struct ft_moment *sent, struct ft_judgement *ret, struct ft_error *err)
{
	struct ft_judgement j = FT_JUDGEMENT_INIT;
	const enum ft_proof proof = ft_proof_judge(profile, facts);
	int r = 0;

	j.retry_after = facts->retry_after;
	j.busy = facts->status == 429;
	j.not_sent = facts->sent == FT_SENT_NO;
	if (facts->status != 0 && is_success(facts)) {
		r = judge_success(profile, facts, subject, sent, &j);
	} else {
		explain(&j, facts);
		if (facts->status == 0)
			j.outcome = FT_OUTCOME_TRANSIENT;
		else if (rule_matches(&profile->disabled, facts))
			j.outcome = FT_OUTCOME_DISABLED;
		else if (rule_matches(&profile->transient, facts) ||
			 (is_too_much(facts) && !names_why(profile, facts)))
			j.outcome = FT_OUTCOME_TRANSIENT;
		else if (proof != FT_PROOF_REPLAYED && rule_matches(&profile->terminal, facts))
			r = judge_terminal(profile, facts, &j);
		else if (is_client_refused(facts))
			j.outcome = FT_OUTCOME_CLIENT;
		else if (is_refusal(facts)) {
			j.refused = true;
			if (proof != FT_PROOF_UNSAID)
				ft_proof_explain(proof, &j.why);
			else if (facts->status == 400 || facts->status == 401)
				r = describe(facts, j.refusal);
		}
		if (j.outcome == FT_OUTCOME_TRANSIENT && is_too_much(facts))
			explain_too_much(&j, facts);
		/* A 429 was refused before it was looked at; redirects went nowhere. The same
		 * request as before may have been granted then. */
		j.ambiguous = j.outcome == FT_OUTCOME_TRANSIENT && !j.not_sent && !j.busy &&
			      (facts->status < 300 || facts->status > 499 ||
			       proof == FT_PROOF_REPLAYED || proof == FT_PROOF_REFUSED);
		if (r == 0 && j.outcome == FT_OUTCOME_TRANSIENT)
			r = keep_refresh_token(facts, subject, &j);
	}
	if (r == 0)
		r = ft_secret_copy(&j.raw, &facts->raw);
	if (r != 0) {
		ft_judgement_release(&j);
		return ft_error_memory(err);
	}
	*ret = j;
	return 0;
}
