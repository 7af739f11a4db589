// SPDX-License-Identifier: MIT
// assertion.mjs - tokens for a JWT that somebody has signed (RFC 7523, 2.1): by a client's key, or by
// another issuer that is believed here
//
// The library has none, and a place for it. Who signed is who is asked for; the subject becomes the
// token's.

import { createLocalJWKSet, jwtVerify } from 'jose';
import { errors } from 'oidc-provider';

import { resourceServer } from './resources.mjs';

// seconds; longer assertions are refused
const LIFE_MAX = 600;

export const grantByAssertion = (keys) => async (ctx, next) => {
	const { provider, client, params } = ctx.oidc;
	const { AccessToken, Grant, ResourceServer } = provider;
	const now = Math.floor(Date.now() / 1000);
	let claims;

	try {
		({ payload: claims } = await jwtVerify(params.assertion, createLocalJWKSet({ keys }), {
			audience: [provider.issuer, provider.urlFor?.('token') ?? `${provider.issuer}/token`],
			requiredClaims: ['iss', 'sub', 'exp', 'iat', 'jti'],
			currentDate: new Date(now * 1000),
		}));
	} catch (error) {
		throw new errors.InvalidGrant('the assertion is not good', error.message);
	}
	if (claims.exp - claims.iat > LIFE_MAX)
		throw new errors.InvalidGrant('the assertion lives too long');

	const target = [params.resource ?? params.audience].flat()[0];
	const server = target && new ResourceServer(target, resourceServer(ctx, target));
	const grant = new Grant({ accountId: claims.sub, clientId: client.clientId });
	const token = new AccessToken({
		accountId: claims.sub,
		client,
		grantId: await grant.save(),
		gty: 'jwt_bearer',
		resourceServer: server || undefined,
	});

	token.scope = params.scope;
	ctx.oidc.entity('AccessToken', token);
	ctx.body = {
		access_token: await token.save(),
		token_type: token.tokenType,
		expires_in: token.expiration,
		scope: token.scope,
	};
	await next();
};
