// SPDX-License-Identifier: MIT
// resources.mjs - the resources for which tokens can be requested (RFC 8707), and the tokens' format
//
// A token without a resource is opaque, and valid for userinfo.

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
