// SPDX-License-Identifier: MIT
// admin.mjs - the provider's controls for tests: POST /_admin/VERB with a form; and GET /_auth/NAME,
// which nginx asks about every request
//
// Answers are lines NAME=VALUE. tests/services/README has the verbs.

import { parse } from 'node:querystring';

import { shiftClock } from './clock.mjs';
import { addFault, clearFaults, lies } from './faults.mjs';
import { change, names, settings } from './settings.mjs';
import { each, forget, forgetGrant } from './store.mjs';
import { disabled, tokenInfo } from './token.mjs';
import { counters, last, newest } from './watch.mjs';

const MODELS = {
	access: ['AccessToken', 'ClientCredentials', 'JwtAccessToken'],
	refresh: ['RefreshToken'],
	device: ['DeviceCode'],
};
const FAULTS = ['error', 'delay', 'lose', 'id-token', 'parameter'];
const lines = (pairs) => [...pairs].map(([name, value]) => `${name}=${value}\n`).join('');

class Wrong extends Error {}

function one(value, name) {
	if (typeof value !== 'string' || value === '')
		throw new Wrong(`${name} has to be given, once`);
	return value;
}

// concerns - whether an entry is that account's, or any when none is named
const concerns = ({ account }) => ({ payload }) => !account || payload.accountId === account;

const verbs = {
	set(form) {
		for (const [name, text] of Object.entries(form)) {
			const wrong = change(name, text);

			if (wrong)
				throw new Wrong(wrong);
		}
		shiftClock(settings.clock);
		return lines(names.map((name) => [name, settings[name]]));
	},

	// what=access|refresh|device [account=]: it is over now, by the provider's clock
	expire(form) {
		const models = MODELS[form.what ?? 'access'];
		const now = Math.floor(Date.now() / 1000);

		if (!models)
			throw new Wrong('what is access, refresh or device');
		for (const entry of each(...models)) {
			const { payload } = entry;

			if (concerns(form)(entry))
				payload.exp = Math.min(payload.exp ?? now, now);
		}
		return '';
	},

	// what=all|access [account=]: consents with all that was issued, or access tokens alone
	revoke(form) {
		if (form.what === 'access') {
			const gone = [...each(...MODELS.access)].filter(concerns(form));

			forget(...gone.map(({ key }) => key));
			return '';
		}
		for (const { key, id } of [...each('Grant')].filter(concerns(form))) {
			forgetGrant(id);
			forget(key);
		}
		return '';
	},

	disable({ account }) {
		disabled.add(one(account, 'account'));
		return '';
	},

	enable({ account }) {
		disabled.delete(one(account, 'account'));
		return '';
	},

	// keep=yes|no: whether the keys before are still published, and good
	async 'rotate-keys'({ keep }, rotateKeys) {
		return lines([['generation', await rotateKeys(keep !== 'no')]]);
	},

	counters({ name }) {
		if (name)
			return `${counters.get(name) ?? 0}\n`;
		return lines([...counters].sort());
	},

	'reset-counters'() {
		counters.clear();
		return '';
	},

	'last-request'() {
		return `${last.request}\n`;
	},

	// account=: what it got last
	tokens({ account }) {
		return lines(Object.entries(newest.get(one(account, 'account')) ?? {})
			.filter(([, value]) => value));
	},

	// the codes that people are asked for
	devices() {
		return [...each('DeviceCode')].map(({ payload }) =>
			`${payload.userCode} ${payload.clientId} ${payload.error ??
				payload.accountId ?? 'pending'}\n`).join('');
	},

	// error= [says=] [status=], delay=, lose=before|after, id-token=, or at=authorization parameter=
	// [value=]; at=, grant=, times=; nothing: no more of them
	fault(form) {
		if (Object.keys(form).length === 0) {
			clearFaults();
			return '';
		}
		if (!FAULTS.some((kind) => form[kind]))
			throw new Wrong(`a fault is one of ${FAULTS.join(' ')}`);
		if (form['id-token'] && !lies.includes(form['id-token']))
			throw new Wrong(`id-token is one of ${lies.join(' ')}`);
		addFault({
			at: form.at ?? (form.parameter ? 'authorization' : 'token'),
			grant: form.grant ?? 'any',
			error: form.error,
			says: form.says ?? 'on demand',
			status: Number(form.status ?? 400),
			delay: Number(form.delay ?? 0),
			lose: form.lose,
			lie: form['id-token'],
			parameter: form.parameter,
			value: form.value,
			times: Number(form.times ?? 1),
		});
		return '';
	},
};

function answer(res, status, text, headers = {}) {
	res.writeHead(status, { 'Content-Type': 'text/plain', ...headers });
	res.end(text);
}

async function administer(req, res, verb, rotateKeys) {
	const parts = [];

	for await (const part of req)
		parts.push(part);
	try {
		if (!Object.hasOwn(verbs, verb))
			throw new Wrong(`there is no verb ${verb}`);

		const form = parse(Buffer.concat(parts).toString());

		answer(res, 200, await verbs[verb](form, rotateKeys));
	} catch (error) {
		if (!(error instanceof Wrong))
			throw error;
		answer(res, 400, `${error.message}\n`);
	}
}

function tokenOf(header) {
	const [, scheme, value] = /^(basic|bearer) +(\S+)$/i.exec(header ?? '') ?? [];

	if (scheme === undefined || scheme.toLowerCase() === 'bearer')
		return value;

	const text = Buffer.from(value, 'base64').toString();

	return text.slice(text.indexOf(':') + 1);
}

// NAME is git or api: the token has to be for that resource; else any will do
async function authorize(req, res, name) {
	const token = tokenOf(req.headers.authorization);
	const info = token && await tokenInfo(token);
	const audience = ['git', 'api'].includes(name) ? `https://${name}.example.com` : info?.aud;

	if (info && info.aud === audience) {
		answer(res, 204);
		return;
	}
	answer(res, 401, '', { 'WWW-Authenticate': 'Basic realm="example"' });
}

// administration - whether the request was one of these
export async function administration(req, res, rotateKeys) {
	const [, kind, name] = /^\/(_admin|_auth)\/([^/?]*)$/.exec(req.url) ?? [];

	if (kind === '_admin' && req.method === 'POST')
		await administer(req, res, name, rotateKeys);
	else if (kind === '_auth')
		await authorize(req, res, name);
	else
		return false;
	return true;
}
