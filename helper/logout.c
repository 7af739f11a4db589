#include "config.h"
#include "helper.h"

#include "context.h"
#include "profile.h"

/* Whether the account's service can take tokens back; when in doubt it can. */
static bool can_revoke(struct freshtoken *ft, const char *name)
{
	const struct ft_account *account = ft_accounts_find(&ft->accounts, name);
	struct ft_profile profile;
	bool can = true;

	if (account != NULL && ft_profile_load(&ft->places, account->provider, &profile, NULL) == 0) {
		can = profile.revoke.present;
		ft_profile_release(&profile);
	}
	return can;
}

static int logout(struct freshtoken *ft, const char *account)
{
	struct ft_buf record = FT_BUF_INIT(FT_RECORD_MAX);
	struct ft_error err;
	bool signed_in = ft->ops->read(ft->store, account, &record, NULL) != FT_NOT_FOUND;

	ft_buf_release(&record);
	if (freshtoken_erase(ft, account, &err) != 0)
		return ft_fail(&err);
	if (!signed_in) {
		ft_say("account %s: nobody was signed in", account);
		return FT_EXIT_DONE;
	}
	if (!can_revoke(ft, account)) {
		ft_say("account %s: the sign-in is forgotten here; its service has no way to revoke"
		       " the tokens, they end by themselves", account);
		return FT_EXIT_DONE;
	}
	ft_say("account %s: the sign-in is forgotten here, but not revoked: this version cannot;"
	       " end the session at the service where that matters", account);
	return FT_EXIT_FAILED;
}

static int run(const struct ft_args *args)
{
	struct freshtoken *ft = NULL;
	int r = ft_open(&ft);

	if (r == FT_EXIT_DONE)
		r = logout(ft, args->operands[0]);
	freshtoken_close(ft);
	return r;
}

const struct ft_command ft_command_logout = {
	.name = "logout",
	.operands = "ACCOUNT",
	.min = 1, .max = 1,
	.summary = "forget a sign-in",
	.help =
"Forgets the tokens of ACCOUNT on this machine. It does not revoke them at the\n"
"service; where the service could do that, the exit status is 1 and a line says\n"
"so. The account itself stays in the configuration.\n",
	.run = run,
};
