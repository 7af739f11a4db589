// SPDX-License-Identifier: MIT
// An OpenID provider made with better-auth: server.mjs ORIGIN PORT REDIRECT-URI
//
// It keeps everything in memory, and its issuer is ORIGIN/api/auth. better-auth has no pages; the
// pages here are those that its documentation requires of an application. Only for tests: POST
// /_admin/revoke/USER ends the sign-ins of that user, POST /_admin/expire all access tokens, POST
// /_admin/new-key deletes the key of the ID tokens.
import { createServer } from 'node:http';
import { oauthDeviceAuthorization, oauthProvider } from '@better-auth/oauth-provider';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { jwt } from 'better-auth/plugins';

const [origin, port, callback] = process.argv.slice(2);
const db = {
	user: [], session: [], account: [], verification: [], jwks: [], deviceCode: [],
	oauthClient: [], oauthRefreshToken: [], oauthAccessToken: [], oauthConsent: [],
	oauthResource: [], oauthClientResource: [], oauthClientAssertion: [],
};

const auth = betterAuth({
	baseURL: origin,
	secret: 'not-secret'.repeat(4),
	database: memoryAdapter(db),
	emailAndPassword: { enabled: true },
	rateLimit: { enabled: false },
	telemetry: { enabled: false },
	// Without OAuth, this path gives a session's JWT; its documentation says to turn that off here.
	disabledPaths: ['/token'],
	plugins: [
		jwt(),
		oauthProvider({
			loginPage: '/login', consentPage: '/consent', accessTokenExpiresIn: 120,
		}),
		oauthDeviceAuthorization({ interval: '1s', verificationUri: '/device' }),
	],
});

// call PATH HEADERS [BODY] - what a page's script would ask; the answer
function call(path, headers, body) {
	return auth.handler(new Request(`${origin}/api/auth${path}`, {
		method: body ? 'POST' : 'GET',
		headers: {
			origin, accept: 'application/json', 'content-type': 'application/json',
			cookie: headers.cookie ?? '',
		},
		body: body && JSON.stringify(body),
	}));
}

// page FIELDS - a form
function page(...fields) {
	const inputs = fields.map((field) => `<input name="${field}">`).join('');
	return new Response(`<form method="post">${inputs}<button>Yes</button></form>`);
}

// onward ANSWER - to where the answer says that the browser has to go
async function onward(answer) {
	const said = await answer.json();
	if (!answer.ok || !said.url)
		return Response.json(said, { status: answer.ok ? 500 : answer.status });
	const headers = new Headers({ location: said.url });
	for (const cookie of answer.headers.getSetCookie())
		headers.append('set-cookie', cookie);
	return new Response(null, { status: 302, headers });
}

function signIn(form, headers, query) {
	return call('/sign-in/email', headers, {
		email: `${form.username}@example.com`, password: form.password, oauth_query: query,
	});
}

const pages = {
	'GET /login': () => page('username', 'password'),
	'POST /login': async ({ form, headers, query }) => onward(await signIn(form, headers, query)),

	'GET /consent': () => page('accept'),
	'POST /consent': async ({ headers, query }) =>
		onward(await call('/oauth2/consent', headers, { accept: true, oauth_query: query })),

	'GET /device': () => page('username', 'password'),
	async 'POST /device'({ form, headers, query }) {
		const session = await signIn(form, headers);
		const cookie = session.headers.getSetCookie().map((one) => one.split(';')[0]).join('; ');
		const claimed = await call(`/device?${query}`, { cookie });
		if (!claimed.ok)
			return claimed;
		const userCode = new URLSearchParams(query).get('user_code');
		return call('/device/approve', { cookie }, { userCode });
	},

	'POST /_admin/expire'() {
		for (const token of db.oauthAccessToken)
			token.expiresAt = new Date(0);
		return new Response(null, { status: 204 });
	},

	'POST /_admin/new-key'() {
		db.jwks.length = 0;
		return new Response(null, { status: 204 });
	},
};

// As better-auth itself writes down what is revoked; an end of the session would leave refresh
// tokens for offline access alive.
function revoke(name) {
	const user = db.user.find((one) => one.email === `${name}@example.com`);

	for (const token of [...db.oauthRefreshToken, ...db.oauthAccessToken])
		if (token.userId === user.id)
			token.revoked = new Date();
	return new Response(null, { status: 204 });
}

async function answer(req) {
	const url = new URL(req.url, origin), chunks = [];

	for await (const chunk of req)
		chunks.push(chunk);
	const body = Buffer.concat(chunks);
	const revoked = /^\/_admin\/revoke\/(.*)$/.exec(url.pathname)?.[1];
	const own = `${req.method} ${url.pathname}`;

	if (revoked !== undefined)
		return revoke(revoked);
	if (Object.hasOwn(pages, own))
		return pages[own]({
			form: Object.fromEntries(new URLSearchParams(body.toString())),
			headers: req.headers, query: url.search.slice(1),
		});
	return auth.handler(new Request(url, {
		method: req.method, headers: req.headers, body: body.length ? body : undefined,
	}));
}

for (const name of ['alice', 'bob'])
	await auth.api.signUpEmail({
		body: { email: `${name}@example.com`, password: 'wonderland', name },
	});
await (await auth.$context).adapter.create({
	model: 'oauthClient',
	data: {
		clientId: 'cli', name: 'cli', applicationType: 'native', redirectUris: [callback],
		tokenEndpointAuthMethod: 'none', requirePKCE: true, responseTypes: ['code'],
		grantTypes: [
			'authorization_code', 'refresh_token',
			'urn:ietf:params:oauth:grant-type:device_code',
		],
		scopes: ['openid', 'profile', 'email', 'offline_access'],
	},
});

createServer(async (req, res) => {
	try {
		const response = await answer(req);
		const cookies = response.headers.getSetCookie();

		res.writeHead(response.status, {
			...Object.fromEntries(response.headers),
			...(cookies.length ? { 'set-cookie': cookies } : {}),
		});
		res.end(Buffer.from(await response.arrayBuffer()));
	} catch (error) {
		console.error(error);
		res.writeHead(500);
		res.end();
	}
}).listen(Number(port), '127.0.0.1');
