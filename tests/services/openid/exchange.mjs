// SPDX-License-Identifier: MIT
// exchange.mjs - token exchange (RFC 8693): an access token for one with another audience
//
// The library has no such grant, but a place for it. The exchanged token has to be valid; the new token
// belongs to the same consent and is revoked with it.

import { errors } from 'oidc-provider';

import { resourceServer } from './resources.mjs';
import { tokenInfo } from './token.mjs';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';

export const parameters = ['subject_token', 'subject_token_type', 'actor_token',
	'actor_token_type', 'requested_token_type', 'resource', 'audience', 'scope'];

// oneTarget - what the new token is for; both names mean the same here
function oneTarget({ resource, audience }) {
	const targets = new Set([resource, audience].flat().filter((target) => target));

	if (targets.size !== 1)
		throw new errors.InvalidTarget('one resource or audience has to be named');
	return [...targets][0];
}

function checkParameters(params) {
	if (!params.subject_token)
		throw new errors.InvalidRequest('subject_token is missing');
	if (![ACCESS_TOKEN, JWT].includes(params.subject_token_type))
		throw new errors.InvalidRequest('subject_token_type has to be an access token\'s');
	if (params.actor_token || params.actor_token_type)
		throw new errors.InvalidRequest('nobody may act for somebody here');
	if (params.requested_token_type && params.requested_token_type !== ACCESS_TOKEN)
		throw new errors.InvalidRequest('only access tokens are issued');
}

export async function exchangeToken(ctx, next) {
	const { provider, client, params } = ctx.oidc;
	const { AccessToken, Account, Grant, ResourceServer } = provider;

	checkParameters(params);

	const subject = await tokenInfo(params.subject_token);
	const grant = subject && await Grant.find(subject.grantId);
	const account = subject && await Account.findAccount(ctx, subject.accountId);

	// RFC 8693, 2.2.2
	if (!grant || !account)
		throw new errors.InvalidRequest('subject_token is not good');

	const target = oneTarget(params);
	const server = new ResourceServer(target, resourceServer(ctx, target));
	const token = new AccessToken({
		accountId: account.accountId,
		client,
		grantId: subject.grantId,
		gty: 'token_exchange',
		resourceServer: server,
	});

	token.scope = (params.scope ?? server.scope).split(' ')
		.filter((scope) => server.scopes.has(scope)).join(' ');
	ctx.oidc.entity('AccessToken', token);
	ctx.oidc.entity('Account', account);
	ctx.body = {
		access_token: await token.save(),
		issued_token_type: ACCESS_TOKEN,
		token_type: token.tokenType,
		expires_in: token.expiration,
		scope: token.scope,
	};
	await next();
}
