// SPDX-License-Identifier: MIT
// clients.mjs - the clients of this provider
//
// All are native applications: their loopback redirect may have any port (RFC 8252, 7.3).

import { settings } from './settings.mjs';

export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export const SECRETS = {
	basic: 'basic-secret',
	post: 'post-secret',
	odd: ' %41+"\\:&=/?#',
	long: 'L'.repeat(63) + '+',	// enough for HS512
};

const client = (id, more) => ({
	client_id: id,
	client_name: id,
	application_type: 'native',
	token_endpoint_auth_method: 'none',
	grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE, TOKEN_EXCHANGE],
	response_types: ['code'],
	redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback', 'http://127.0.0.1/',
		'http://localhost/callback'],
	...more,
});

// the clients "tls", whose certificate signed itself, and "tls-ca", which an authority knows
const tlsClients = (certificate) => [
	client('tls', {
		token_endpoint_auth_method: 'self_signed_tls_client_auth',
		jwks: { keys: [{
			...certificate.publicKey.export({ format: 'jwk' }), kid: 'tls',
			x5c: [certificate.raw.toString('base64')],
		}] },
	}),
	client('tls-ca', {
		token_endpoint_auth_method: 'tls_client_auth',
		tls_client_auth_subject_dn: 'CN=client',
	}),
];

// programs: nobody signs in with these
const machine = (id, more) => client(id, {
	grant_types: ['client_credentials', JWT_BEARER, TOKEN_EXCHANGE], response_types: [], redirect_uris: [], ...more,
});

export const clients = (jwtKeys, certificate) => [
	...certificate ? tlsClients(certificate) : [],
	client('cli'),
	machine('robot', {
		token_endpoint_auth_method: 'client_secret_basic', client_secret: SECRETS.basic,
	}),
	machine('robot-post', {
		token_endpoint_auth_method: 'client_secret_post', client_secret: SECRETS.post,
	}),
	machine('robot-jwt', {
		token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: jwtKeys },
	}),
	client('basic', {
		token_endpoint_auth_method: 'client_secret_basic', client_secret: SECRETS.basic,
	}),
	client('odd', {
		token_endpoint_auth_method: 'client_secret_basic', client_secret: SECRETS.odd,
	}),
	client('post', {
		token_endpoint_auth_method: 'client_secret_post', client_secret: SECRETS.post,
	}),
	client('jwt', {
		token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: jwtKeys },
	}),
	client('cli-ps256', { id_token_signed_response_alg: 'PS256' }),
	client('cli-es256', { id_token_signed_response_alg: 'ES256' }),
	client('cli-eddsa', { id_token_signed_response_alg: 'EdDSA' }),
	...settings.dpop !== 'no' ? [client('bound', { dpop_bound_access_tokens: true })] : [],
	client('long', {
		token_endpoint_auth_method: 'client_secret_basic', client_secret: SECRETS.long,
	}),
	...(settings.hmac === 'yes' ? ['HS256', 'HS384', 'HS512'] : []).map((alg) => client(`cli-${alg.toLowerCase()}`, {
		token_endpoint_auth_method: 'client_secret_basic', client_secret: SECRETS.long,
		id_token_signed_response_alg: alg,
	})),
	...settings.hmac === 'yes' ? [client('cli-short', {
		token_endpoint_auth_method: 'client_secret_basic', client_secret: SECRETS.basic,
		id_token_signed_response_alg: 'HS256',
	})] : [],
];
