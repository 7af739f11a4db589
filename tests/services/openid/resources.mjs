// SPDX-License-Identifier: MIT
// resources.mjs - what tokens may be asked for by name (RFC 8707), and of what make they are
//
// Without a resource a token is opaque, and good for userinfo.

import { errors } from 'oidc-provider';

import { settings } from './settings.mjs';

const RESOURCES = {
	'https://git.example.com': { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } },
	'https://api.example.com': { accessTokenFormat: 'opaque' },
	'https://login.example.com': { accessTokenFormat: 'opaque' },
	'https://login-jwt.example.com': { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } },
};

export function resourceServer(ctx, resource) {
	if (!Object.hasOwn(RESOURCES, resource))
		throw new errors.InvalidTarget();
	return {
		audience: resource,
		scope: 'read write',
		accessTokenTTL: settings['access-ttl'],
		...RESOURCES[resource],
	};
}
