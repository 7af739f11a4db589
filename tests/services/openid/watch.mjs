// SPDX-License-Identifier: MIT
// watch.mjs - around every request: counters, faults, and what the library lacks: metadata at RFC
// 8414's place, the interval of polls and slow_down, and a check that a secret is sent in the
// registered way

import { parse } from 'node:querystring';

import { DEVICE_CODE } from './clients.mjs';
import { changeParameter, lie, takeFault, takeLie } from './faults.mjs';
import { settings } from './settings.mjs';

export const counters = new Map();
export const newest = new Map();	// subject -> tokens that it got last
export const last = { request: '' };

const polls = new Map();	// device code -> { at, interval }
const ENDPOINTS = {
	'/token': 'token',
	'/token/revocation': 'revocation',
	'/token/introspection': 'introspection',
	'/device/auth': 'device_authorization',
	'/request': 'push',
};
const BODY_MAX = 64 * 1024;

function count(name) {
	counters.set(name, (counters.get(name) ?? 0) + 1);
}

async function readBody(req) {
	const parts = [];
	let size = 0;

	for await (const part of req) {
		size += part.length;
		if (size > BODY_MAX)
			throw new Error('a body that is too long');
		parts.push(part);
	}
	return Buffer.concat(parts).toString();
}

function keepRequest(ctx, body) {
	const headers = Object.entries(ctx.headers).map((header) => header.join(': '));

	last.request = [`${ctx.method} ${ctx.url}`, ...headers, '', body].join('\n');
}

// isTooFast - RFC 8628, 3.5: 5 seconds unless stated, and 5 more each time
function isTooFast(code) {
	const interval = settings.interval || 5;
	const now = Date.now();
	const poll = polls.get(code);

	if (!poll) {
		polls.set(code, { at: now, interval });
		return false;
	}

	const early = now - poll.at < poll.interval * 1000;

	poll.at = now;
	if (early)
		poll.interval += 5;
	return early;
}

// isOtherMethod - a secret in the form where the header was agreed upon, or the other way round;
// the library takes either
function isOtherMethod(ctx, form) {
	const basic = /^basic +(\S+)$/i.exec(ctx.get('authorization'));

	if (basic)
		return Buffer.from(basic[1], 'base64').toString().startsWith('post:');
	return ['basic', 'odd', 'robot'].includes(form.client_id) && form.client_secret !== undefined;
}

function refuse(ctx, status, error, description) {
	ctx.status = status;
	ctx.body = { error, error_description: description };
}

function lose(ctx) {
	ctx.respond = false;
	ctx.req.socket.destroy();
}

function keepTokens(ctx) {
	const { access_token, refresh_token, id_token } = ctx.body;
	const { Account, Client } = ctx.oidc.entities;
	const subject = Account?.accountId ?? Client.clientId;

	newest.set(subject, { access_token, refresh_token, id_token });
}

async function answerClient(ctx, next, form, fault) {
	if (fault?.error)
		refuse(ctx, fault.status, fault.error, fault.says);
	else if (isOtherMethod(ctx, form))
		refuse(ctx, 401, 'invalid_client', 'the secret came in another way than agreed');
	else if (form.grant_type === DEVICE_CODE && settings.polling === 'strict' &&
			isTooFast(form.device_code))
		refuse(ctx, 400, 'slow_down', 'polling too fast');
	else
		await next();
}

async function watchClient(ctx, next, endpoint) {
	const body = await readBody(ctx.req);
	const form = parse(body);
	const type = endpoint === 'token' ? String(form.grant_type ?? '') : '';
	const grant = type.slice(type.lastIndexOf(':') + 1);
	const name = grant || endpoint;
	const fault = takeFault(endpoint, grant);

	ctx.req.body = body;
	keepRequest(ctx, body);
	count(`${name}.requests`);
	if (fault?.delay)
		await new Promise((resolve) => setTimeout(resolve, fault.delay));
	if (fault?.lose === 'before') {
		lose(ctx);
		return;
	}
	await answerClient(ctx, next, form, fault);
	if (ctx.status === 200 || ctx.status === 201) {
		count(`${name}.granted`);
		if (endpoint === 'token')
			keepTokens(ctx);
		if (endpoint === 'device_authorization' && settings.interval)
			ctx.body.interval = settings.interval;

		const what = ctx.body.id_token && takeLie(endpoint, grant);

		if (what)
			ctx.body.id_token = await lie(what, ctx.body.id_token);
	} else {
		count(`${name}.refused`);
		if (ctx.body?.error)
			count(`${name}.${ctx.body.error}`);
	}
	if (fault?.lose === 'after')
		lose(ctx);
}

// watchKeys - the issuer's public keys, which anybody may ask for
async function watchKeys(ctx, next) {
	const fault = takeFault('jwks', '');

	count('jwks.requests');
	if (fault?.lose)
		lose(ctx);
	else if (fault)
		refuse(ctx, fault.status, fault.error, fault.says);
	else
		await next();
}

// watchPerson - the redirect that ends a sign-in in the browser
function watchPerson(ctx) {
	const location = ctx.response.get('location');

	if (!/[?&](code|error)=/.test(location))
		return;

	const fault = takeFault('authorization', '');

	if (fault?.parameter)
		ctx.set('Location', changeParameter(location, fault.parameter, fault.value));
}

export async function watch(ctx, next) {
	if (ctx.path === '/.well-known/oauth-authorization-server')
		ctx.path = '/.well-known/openid-configuration';

	// What metadata calls it for who shows a certificate (RFC 8705, 5)
	if (ctx.path === '/mtls/token') {
		count('mtls.requests');
		ctx.path = '/token';
	}

	const endpoint = ctx.method === 'POST' ? ENDPOINTS[ctx.path] : undefined;

	if (endpoint) {
		await watchClient(ctx, next, endpoint);
		return;
	}
	if (ctx.path === '/jwks') {
		await watchKeys(ctx, next);
		return;
	}
	await next();
	watchPerson(ctx);
}
