// SPDX-License-Identifier: MIT
// An OAuth 2.0 service made with node-oauth2-server: server.mjs ISSUER PORT REDIRECT-URI
//
// It keeps everything in memory, and has metadata only at RFC 8414's place. Only for tests: POST
// /_admin/revoke/USER ends the sign-ins of that user, POST /_admin/expire all access tokens.
import { createServer } from 'node:http';
import OAuth2Server from '@node-oauth/oauth2-server';

const [issuer, port, callback] = process.argv.slice(2);
const { Request, Response } = OAuth2Server;
const client = {
	id: 'cli', grants: ['authorization_code', 'refresh_token'], redirectUris: [callback],
	accessTokenLifetime: 120,
};
const codes = new Map(), tokens = [];

const server = new OAuth2Server({
	requireClientAuthentication: { authorization_code: false, refresh_token: false },
	model: {
		getClient: (id) => id === client.id && client,
		validateScope: (user, asking, scope) => scope ?? ['read'],
		saveAuthorizationCode(code, asking, user) {
			codes.set(code.authorizationCode, { ...code, client: asking, user });
			return codes.get(code.authorizationCode);
		},
		getAuthorizationCode: (code) => codes.get(code),
		revokeAuthorizationCode: (code) => codes.delete(code.authorizationCode),
		saveToken(token, asking, user) {
			tokens.push({ ...token, client: asking, user });
			return tokens.at(-1);
		},
		getAccessToken: (text) => tokens.find((token) => token.accessToken === text),
		getRefreshToken: (text) => tokens.find((token) => token.refreshToken === text),
		revokeToken(token) {
			const found = tokens.find((one) => one.refreshToken === token.refreshToken);
			if (found)
				delete found.refreshToken;
			return found !== undefined;
		},
	},
});

function send(res, status, body, headers = {}) {
	res.writeHead(status, headers);
	res.end(typeof body === 'string' ? body : JSON.stringify(body));
}

function cookie(req) {
	return /user=([a-z]+)/.exec(req.headers.cookie ?? '')?.[1];
}

const pages = {
	'/.well-known/oauth-authorization-server': (req, res) => send(res, 200, {
		issuer,
		authorization_endpoint: `${issuer}/authorize`,
		token_endpoint: `${issuer}/token`,
		response_types_supported: ['code'],
		code_challenge_methods_supported: ['S256'],
		token_endpoint_auth_methods_supported: ['none'],
	}, { 'Content-Type': 'application/json' }),

	'/login'(req, res, { form, query }) {
		if (req.method === 'GET')
			return send(res, 200,
				'<form method="post"><input name="username"><input name="password"></form>');
		if (form.password !== 'wonderland')
			return send(res, 403, 'Wrong.');
		return send(res, 302, '', {
			'Set-Cookie': `user=${form.username}; HttpOnly; Path=/`,
			Location: issuer + query.next,
		});
	},

	async '/authorize'(req, res, { request, response }) {
		const user = cookie(req);

		if (user === undefined)
			return send(res, 302, '', {
				Location: `${issuer}/login?next=${encodeURIComponent(req.url)}`,
			});
		await server.authorize(request, response,
			{ authenticateHandler: { handle: () => ({ id: user }) } });
		return send(res, response.status, response.body, response.headers);
	},

	async '/token'(req, res, { request, response }) {
		await server.token(request, response);
		send(res, response.status, response.body,
			{ 'Content-Type': 'application/json', ...response.headers });
	},

	async '/me'(req, res, { request, response }) {
		const token = await server.authenticate(request, response);
		send(res, 200, { sub: token.user.id });
	},

	'/_admin/expire'(req, res) {
		for (const token of tokens)
			token.accessTokenExpiresAt = new Date(0);
		send(res, 204, '');
	},
};

async function answer(req, res) {
	const url = new URL(req.url, issuer), chunks = [];

	for await (const chunk of req)
		chunks.push(chunk);
	const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
	const query = Object.fromEntries(url.searchParams);
	const request = new Request({ method: req.method, headers: req.headers, query, body: form });
	const response = new Response();
	const revoked = /^\/_admin\/revoke\/(.*)$/.exec(url.pathname)?.[1];

	if (revoked !== undefined) {
		for (let i = tokens.length - 1; i >= 0; i--)
			if (tokens[i].user.id === revoked)
				tokens.splice(i, 1);
		return send(res, 204, '');
	}
	if (!Object.hasOwn(pages, url.pathname))
		return send(res, 404, 'Nothing.');
	try {
		return await pages[url.pathname](req, res, { request, response, form, query });
	} catch (error) {
		return send(res, error.code ?? 500, {
			error: error.name, error_description: error.message,
		}, { 'Content-Type': 'application/json' });
	}
}

createServer(answer).listen(Number(port), '127.0.0.1');
