// SPDX-License-Identifier: MIT
// faults.mjs - faults on demand, at the next requests of a kind
//
// The library itself has no faults; they are added around it.

import { createHmac } from 'node:crypto';

import { CompactSign, decodeProtectedHeader, importJWK } from 'jose';

import { publicPart } from './keys.mjs';
import { signingKeys } from './token.mjs';

const faults = [];

export function addFault(fault) {
	faults.push(fault);
}

export function clearFaults() {
	faults.length = 0;
}

function take(isMeant) {
	const index = faults.findIndex(isMeant);

	if (index < 0)
		return undefined;

	const fault = faults[index];

	fault.times--;
	if (fault.times === 0)
		faults.splice(index, 1);
	return fault;
}

const isFor = (fault, endpoint, grant) => fault.at === endpoint &&
	(fault.grant === 'any' || fault.grant === grant);

// takeFault - the first one that is meant for such a request, once
export function takeFault(endpoint, grant) {
	return take((fault) => !fault.lie && isFor(fault, endpoint, grant));
}

// takeLie - the same for the ID token of an answer that has one; "not yet" has none
export function takeLie(endpoint, grant) {
	return take((fault) => fault.lie && isFor(fault, endpoint, grant))?.lie;
}

const encode = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');

async function sign(header, claims) {
	const key = signingKeys().find(({ kid }) => kid === header.kid);

	return new CompactSign(Buffer.from(JSON.stringify(claims)))
		.setProtectedHeader(header).sign(await importJWK(key, header.alg));
}

// A public key is no secret: whoever lets the token say how it is to be checked can be fooled.
function confuse(header, claims) {
	const key = publicPart(signingKeys().find(({ kid }) => kid === header.kid));
	const text = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`;
	const signature = createHmac('sha256', JSON.stringify(key)).update(text);

	return `${text}.${signature.digest('base64url')}`;
}

// What an ID token may be wrong in; all but the signature's are signed well.
const LIES = {
	issuer: (header, claims) => sign(header, { ...claims, iss: 'https://example.org' }),
	audience: (header, claims) => sign(header, { ...claims, aud: 'other' }),
	audiences: (header, claims) => sign(header, { ...claims, aud: [claims.aud, 'other'] }),
	subject: (header, claims) => sign(header, { ...claims, sub: 'mallory' }),
	nonce: (header, claims) => sign(header, { ...claims, nonce: 'other' }),
	expired: (header, claims) => sign(header, { ...claims, exp: claims.iat - 3600 }),
	'at-hash': (header, claims) => sign(header, { ...claims, at_hash: 'A'.repeat(22) }),
	'no-subject': (header, { sub, ...rest }) => sign(header, rest),
	'no-expiry': (header, { exp, ...rest }) => sign(header, rest),
	'no-nonce': (header, { nonce, ...rest }) => sign(header, rest),
	kid: (header, claims, token) =>
		`${encode({ ...header, kid: 'unknown' })}${token.slice(token.indexOf('.'))}`,
	signature: (header, claims, token) =>
		`${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(86)}`,
	unsigned: (header, claims) => `${encode({ alg: 'none' })}.${encode(claims)}.`,
	confused: confuse,
	none: () => undefined,
};

export const lies = Object.keys(LIES);

// lie - an ID token in place of the one that was issued
export function lie(what, token) {
	const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

	return LIES[what](decodeProtectedHeader(token), claims, token);
}

// changeParameter - of a redirect; without a value it is left out
export function changeParameter(location, name, value) {
	const url = new URL(location);

	if (value === undefined)
		url.searchParams.delete(name);
	else
		url.searchParams.set(name, value);
	return url.href;
}
