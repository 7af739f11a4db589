// watch.mjs - around every request: what is counted, what goes wrong on demand, what the library
// lacks (metadata at RFC 8414's place, the interval of polls and slow_down)

import { parse } from 'node:querystring';

import { DEVICE_CODE } from './clients.mjs';
import { settings } from './settings.mjs';

export const counters = new Map();
export const faults = [];
export const newest = new Map();	// subject -> tokens that it got last
export const last = { request: '' };

const polls = new Map();	// device code -> { at, interval }
const ENDPOINTS = {
	'/token': 'token',
	'/token/revocation': 'revocation',
	'/token/introspection': 'introspection',
	'/device/auth': 'device_authorization',
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
	const headers = Object.entries(ctx.headers).map(([name, value]) => `${name}: ${value}`);

	last.request = [`${ctx.method} ${ctx.url}`, ...headers, '', body].join('\n');
}

// takeFault - the first one that is meant for such a request, once
function takeFault(endpoint, grant) {
	const index = faults.findIndex((fault) => fault.at === endpoint &&
		(fault.grant === 'any' || fault.grant === grant));

	if (index < 0)
		return undefined;

	const fault = faults[index];

	fault.times--;
	if (fault.times === 0)
		faults.splice(index, 1);
	return fault;
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

function refuse(ctx, status, error) {
	ctx.status = status;
	ctx.body = { error, error_description: 'on demand' };
}

function keepTokens(ctx) {
	const { access_token, refresh_token, id_token } = ctx.body;
	const subject = ctx.oidc?.entities?.Account?.accountId ??
		ctx.oidc?.entities?.AccessToken?.accountId;

	if (access_token && subject)
		newest.set(subject, { access_token, refresh_token, id_token });
}

// What the library logs of a refused refresh token that was used before.
const reused = /already used/;

export async function watch(ctx, next) {
	if (ctx.path === '/.well-known/oauth-authorization-server')
		ctx.path = '/.well-known/openid-configuration';

	const endpoint = ctx.method === 'POST' ? ENDPOINTS[ctx.path] : undefined;

	if (!endpoint) {
		await next();
		return;
	}

	const body = await readBody(ctx.req);
	const form = parse(body);
	const grant = endpoint === 'token' ? String(form.grant_type ?? '').split(':').pop() : '';
	const name = grant || endpoint;
	const fault = takeFault(endpoint, grant);

	ctx.req.body = body;
	keepRequest(ctx, body);
	count(`${name}.requests`);
	if (fault?.delay)
		await new Promise((resolve) => setTimeout(resolve, fault.delay));
	if (fault?.lose === 'before') {
		ctx.req.destroy();
		return;
	}
	if (fault?.error)
		refuse(ctx, fault.status, fault.error);
	else if (form.grant_type === DEVICE_CODE && settings.polling === 'strict' &&
			isTooFast(form.device_code))
		refuse(ctx, 400, 'slow_down');
	else
		await next();
	if (ctx.status === 200) {
		count(`${name}.granted`);
		if (endpoint === 'token')
			keepTokens(ctx);
		if (endpoint === 'device_authorization' && settings.interval)
			ctx.body.interval = settings.interval;
	} else {
		count(`${name}.refused`);
		if (ctx.body?.error)
			count(`${name}.${ctx.body.error}`);
	}
	if (fault?.lose === 'after')
		ctx.req.destroy();
}
