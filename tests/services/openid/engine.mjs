// SPDX-License-Identifier: MIT
// engine.mjs - oidc-provider, configured for these tests
//
// Its signing keys are fixed when it is created: for other keys a new one is created, which uses the
// same store.

import { X509Certificate } from 'node:crypto';

import { Provider } from 'oidc-provider';

import { grantByAssertion } from './assertion.mjs';
import { JWT_BEARER, TOKEN_EXCHANGE, clients } from './clients.mjs';
import { exchangeToken, parameters } from './exchange.mjs';
import { people } from './people.mjs';
import { resourceServer } from './resources.mjs';
import { settings } from './settings.mjs';
import { adapter, remember } from './store.mjs';
import { disabled } from './token.mjs';
import { watch } from './watch.mjs';

// Whoever signs in is who they say.
async function findAccount(ctx, subject) {
	if (disabled.has(subject))
		return undefined;
	return { accountId: subject, claims: async () => ({ sub: subject }) };
}

// There is a refresh token for the scope offline_access, which in the browser has to be asked for
// with prompt=consent (OpenID Connect Core, 11); or always.
async function issueRefreshToken(ctx, client, code) {
	return client.grantTypeAllowed('refresh_token') &&
		(settings.offline === 'always' || code.scopes.has('offline_access'));
}

function certificateOf(ctx) {
	const { raw } = ctx.req.socket.getPeerCertificate?.() ?? {};

	return raw && new X509Certificate(raw);
}

// certificate: of the client "tls", where there is such a thing
export function makeEngine(issuer, signingKeys, jwtKeys, cookieKey, certificate) {
	const engine = new Provider(issuer, {
		adapter,
		clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none',
			...certificate ? ['tls_client_auth', 'self_signed_tls_client_auth'] : []],
		clients: clients(jwtKeys, certificate),
		clockTolerance: 0,
		cookies: { keys: [cookieKey] },
		discovery: certificate
			? { mtls_endpoint_aliases: { token_endpoint: `${issuer}/mtls/token` } } : {},
		enabledJWA: {
			idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA',
				...settings.hmac === 'yes' ? ['HS256', 'HS384', 'HS512'] : []],
		},
		expiresWithSession: async () => false,
		features: {
			clientCredentials: { enabled: true },
			devInteractions: { enabled: true },
			deviceFlow: { enabled: true },
			introspection: { enabled: settings.introspection === 'yes' },
			dPoP: {
				enabled: settings.dpop !== 'no',
				nonceSecret: settings.dpop === 'nonce' ? Buffer.alloc(32, cookieKey) : undefined,
				requireNonce: () => settings.dpop === 'nonce',
			},
			mTLS: {
				enabled: certificate !== undefined,
				selfSignedTlsClientAuth: true,
				tlsClientAuth: true,
				getCertificate: certificateOf,
				certificateAuthorized: (ctx) => ctx.req.socket.authorized,
				certificateSubjectMatches: (ctx, property, expected) =>
					certificateOf(ctx).subject === expected,
			},
			pushedAuthorizationRequests: {
				enabled: settings.par !== 'no',
				requirePushedAuthorizationRequests: settings.par === 'required',
				allowUnregisteredRedirectUris: false,
			},
			registration: { enabled: settings.registration === 'yes' },
			registrationManagement: { enabled: settings.registration === 'yes' },
			resourceIndicators: {
				enabled: true,
				getResourceServerInfo: resourceServer,
				useGrantedResource: async () => true,
			},
			revocation: { enabled: true },
		},
		findAccount,
		issueRefreshToken,
		jwks: { keys: signingKeys },
		responseTypes: ['code'],
		rotateRefreshToken: () => settings.rotate === 'yes',
		ttl: {
			AccessToken: () => settings['access-ttl'],
			ClientCredentials: () => settings['access-ttl'],
			AuthorizationCode: () => settings['code-ttl'],
			DeviceCode: () => settings['device-ttl'],
			Grant: () => 14 * 24 * 3600,
			IdToken: () => settings['id-ttl'],
			Interaction: () => 3600,
			RefreshToken: () => settings['refresh-ttl'],
			Session: () => 14 * 24 * 3600,
		},
	});

	engine.registerGrantType(TOKEN_EXCHANGE, exchangeToken, parameters,
		['resource', 'audience']);
	engine.registerGrantType(JWT_BEARER, grantByAssertion(jwtKeys),
		['assertion', 'scope', 'resource', 'audience'], ['resource', 'audience']);
	engine.use(watch);
	engine.use(people(engine));
	// The library keeps no JWT that it issues; who wants to revoke one has to.
	engine.on('client_credentials.issued', ({ jti, clientId, scope, aud }) =>
		remember('JwtAccessToken', jti, { clientId, scope, aud }));
	engine.on('access_token.issued', ({ jti, accountId, clientId, grantId, scope, aud }) =>
		remember('JwtAccessToken', jti, { accountId, clientId, grantId, scope, aud }));
	return engine;
}
