// SPDX-License-Identifier: MIT
// token.mjs - checks an access token for a server that asks this provider

import { createLocalJWKSet, jwtVerify } from 'jose';

import { publicPart } from './keys.mjs';
import { recall } from './store.mjs';

// Subjects that may not sign in, nor use what they have.
export const disabled = new Set();

const known = { issuer: undefined, keys: undefined, signingKeys: [] };

export const signingKeys = () => known.signingKeys;

export function trust(issuer, keys) {
	known.issuer = issuer;
	known.signingKeys = keys;
	known.keys = createLocalJWKSet({ keys: keys.map(publicPart) });
}

async function jwtInfo(token) {
	try {
		const { payload } = await jwtVerify(token, known.keys,
			{ issuer: known.issuer, typ: 'at+jwt' });
		const info = recall('JwtAccessToken', payload.jti);

		// What is remembered of it expires only when tests say so.
		return info && { exp: payload.exp, ...info };
	} catch {
		return undefined;
	}
}

// tokenInfo - of a token that is signed or stored here, not expired, not revoked, and whose subject
// is not disabled: accountId, clientId, grantId, scope, aud and exp
export async function tokenInfo(token) {
	const info = token.includes('.') ? await jwtInfo(token) : recall('AccessToken', token) ?? recall('ClientCredentials', token);

	if (!info || info.exp <= Math.floor(Date.now() / 1000) || disabled.has(info.accountId))
		return undefined;
	return info;
}
