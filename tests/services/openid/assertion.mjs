// SPDX-License-Identifier: MIT
// assertion.mjs - tokens in exchange for a JWT (RFC 7523, 2.1) that is signed with a client's key, or
// by another issuer that this provider trusts
//
// The library has no such grant, but a place for it. The subject of the JWT becomes the token's.

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
