/* SPDX-License-Identifier: MIT */
/*
 * doctor: whether each account's token service can be reached, and is what the account says
 *
 * One or two GETs for each, without any secret: for its metadata if the profile uses that, else to
 * the endpoint itself. Nothing of the answers is stored.
 */
#include "config.h"
#include "helper/doctor/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/noproxy.h"
#include "lib/base/url.h"
#include "lib/exchange/facts.h"
#include "lib/exchange/request.h"
#include "lib/service/service.h"

/* The longest time for one exchange, unless the account's own limit is shorter. */
#define TIMEOUT_SECONDS 10
/* The same difference that the check of ID tokens tolerates. */
#define SKEW_SECONDS 60

struct visit {
	struct ft_doctor *doctor;
	struct ft_service service;
	const char *name;	/* of the account */
	bool proxied;
	int64_t skew;	/* the service's clock minus this one; 0: within the exchange's duration */
	bool has_date;
};

static int ask(struct visit *visit, const struct ft_buf *message, struct ft_facts *ret,
	       struct ft_error *err)
{
	int64_t before = time(NULL), after;

	ft_doctor_wait(visit->service.server);
	int r = ft_service_ask(&visit->service, message, ret, err);

	ft_doctor_wait(NULL);
	after = time(NULL);
	if (r == 0 && ret->date >= 0) {
		visit->has_date = true;
		visit->skew = ret->date > after	 ? ret->date - after :
			      ret->date < before ? ret->date - before :
						   0;
	}
	return r;
}

static void check_clock(struct visit *visit)
{
	int64_t skew = visit->skew < 0 ? -visit->skew : visit->skew;
	struct ft_buf how_much = FT_BUF_INIT(64);

	if (!visit->has_date || skew <= SKEW_SECONDS)
		return;
	ft_output_duration(&how_much, skew);
	visit->doctor->check = "clock";
	ft_doctor_find(visit->doctor, FT_RESULT_WARNING, visit->name,
		       "the service's clock is %s %s this machine's",
		       how_much.failed ? "" : how_much.data,
		       visit->skew > 0 ? "ahead of" : "behind");
	ft_doctor_remedy(
		visit->doctor,
		"set the wrong one: timedatectl says whether this machine's is synchronised");
	visit->doctor->check = "server";
	ft_buf_release(&how_much);
}

static bool unreachable(struct visit *visit, const struct ft_facts *facts)
{
	if (facts->status != 0)
		return false;
	ft_doctor_find(visit->doctor, FT_RESULT_ERROR, visit->name, "%s: %s", visit->service.server,
		       facts->error[0] != '\0' ? facts->error : "no answer");
	ft_doctor_remedy(visit->doctor, "%s", facts->reason != FT_REASON_NONE ?
			 ft_reason_remedy(facts->reason) :
			 "see whether the service runs, and the network is there");
	return true;
}

static void found_well(struct visit *visit, const char *what)
{
	ft_doctor_find(visit->doctor, FT_RESULT_OK, visit->name, "%s %s%s", visit->service.server,
		       what, visit->proxied ? ", through a proxy" : "");
}

/* Checks its metadata, if the profile uses that. */
static int discover(struct visit *visit, struct ft_error *err)
{
	struct ft_service *service = &visit->service;
	const char *needed = service->profile.requests[FT_REQUEST_REFRESH].endpoint;
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	struct ft_error last = FT_ERROR_INIT;
	struct ft_discovery at = { .next = 0 };
	const struct ft_recipient to = ft_service_recipient(service);
	bool found = false;
	int r = FT_NOT_FOUND;

	while (r == FT_NOT_FOUND && !found) {
		struct ft_facts facts = FT_FACTS_INIT;

		ft_buf_clear(&message);
		r = ft_request_discovery(&to, &at, &message, err);
		if (r == FT_NOT_FOUND) {
			ft_doctor_find(visit->doctor, FT_RESULT_ERROR, visit->name,
				       "%s does not publish its endpoints by RFC 8414 or "
				       "OpenID Connect: %s",
				       service->server, last.text);
			ft_doctor_remedy(
				visit->doctor,
				at.redirected ?
					"set server to the final address, which is its issuer" :
					"set server to the service's issuer, or name its endpoints "
					"in a profile's [metadata]");
			r = 0;
			break;
		}
		if (r == 0)
			r = ask(visit, &message, &facts, err);
		if (r == 0 && unreachable(visit, &facts)) {
			ft_facts_release(&facts);
			break;
		}
		at.redirected = at.redirected || (facts.status >= 300 && facts.status < 400 &&
						  facts.status != 304);
		if (r == 0) {
			r = ft_service_take_metadata(service, needed, &facts, &last);
			if (r == 0)
				found_well(visit, "publishes its endpoints");
			else if (r != FT_NOT_FOUND)
				ft_doctor_error(visit->doctor, FT_RESULT_ERROR, visit->name, &last);
			if (r == FT_TEMPORARY)
				ft_doctor_remedy(
					visit->doctor,
					"try again later, or ask whoever runs the service");
			if (r != FT_NOT_FOUND)
				found = true, r = 0;
		}
		ft_facts_release(&facts);
	}
	ft_buf_release(&message);
	return r;
}

/* The endpoint of a refresh, or the server if the endpoint is not known without discovery. */
static int add_url(const struct ft_service *service, struct ft_buf *ret)
{
	const struct ft_request_template *refresh = ft_profile_request(
		&service->profile, ft_account_derives(service->account) ? FT_REQUEST_GRANT :
									   FT_REQUEST_REFRESH);
	const char *place = refresh->endpoint != NULL ?
			    ft_service_endpoint(service, refresh->endpoint) : refresh->path;

	if (place == NULL || *place == '/' || strstr(place, "${") != NULL)
		ft_buf_adds(ret, service->server);
	if (place != NULL && strstr(place, "${") == NULL)
		ft_buf_adds(ret, place);
	return ret->failed;
}

/* Any answer shows that the service runs. A GET of an endpoint that expects POST mostly gets a 404
 * or 405. */
static int knock(struct visit *visit, struct ft_error *err)
{
	struct ft_service *service = &visit->service;
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX), url = FT_BUF_INIT(8192);
	struct ft_facts facts = FT_FACTS_INIT;
	int r = add_url(service, &url);

	if (r != 0)
		r = ft_error_memory(err);
	if (r == 0)
		r = ft_request_probe(service->account, url.data, &service->route, &message, err);
	if (r == 0)
		r = ask(visit, &message, &facts, err);
	if (r == 0 && !unreachable(visit, &facts)) {
		if (facts.status == 301 || facts.status == 307 || facts.status == 308) {
			ft_doctor_find(
				visit->doctor, FT_RESULT_WARNING, visit->name,
				"%s answers with a redirect (HTTP %d), which is never followed",
				service->server, facts.status);
			ft_doctor_remedy(visit->doctor, "set server to the final address");
		} else if (facts.status >= 500) {
			ft_doctor_find(visit->doctor, FT_RESULT_WARNING, visit->name,
				       "%s is out of order (HTTP %d)", service->server,
				       facts.status);
			ft_doctor_remedy(visit->doctor,
					 "try again later, or ask whoever runs the service");
		} else {
			found_well(visit, "can be reached");
		}
	}
	ft_facts_release(&facts);
	ft_buf_release(&message);
	ft_buf_release(&url);
	return r;
}

static bool is_proxied(const struct ft_service *service)
{
	const char *proxy = service->account->proxy;
	struct ft_url url;

	if (ft_url_parse(service->server, false, &url, NULL) != 0 || url.loopback)
		return false;
	return proxy != NULL ? strcmp(proxy, "none") != 0 :
	       service->route.https_proxy != NULL && *service->route.https_proxy != '\0' &&
	       !ft_no_proxy(service->route.no_proxy, url.host);
}

static void visit_account(struct ft_doctor *doctor, const struct ft_account *account)
{
	struct visit visit = { .doctor = doctor, .name = account->name };
	struct ft_error err;

	/* Errors in the profile are reported with the accounts. */
	if (ft_service_init(&doctor->ft, account, &visit.service, NULL) != 0)
		return;
	ft_service_proxy_from_environment(&visit.service);
	if (visit.service.route.timeout > TIMEOUT_SECONDS)
		visit.service.route.timeout = TIMEOUT_SECONDS;
	visit.proxied = is_proxied(&visit.service);
	if ((visit.service.profile.discover.n > 0 ? discover(&visit, &err) : knock(&visit, &err)) !=
	    0)
		ft_doctor_error(doctor, FT_RESULT_ERROR, account->name, &err);
	check_clock(&visit);
	ft_service_release(&visit.service);
}

void ft_doctor_servers(struct ft_doctor *doctor)
{
	for (size_t i = 0; i < doctor->ft.accounts.n; i++)
		if (!doctor->ft.accounts.list[i].broken)
			visit_account(doctor, &doctor->ft.accounts.list[i]);
}
