// SPDX-License-Identifier: MIT
// sign.mjs - a JWT of another issuer, for sources of tokens
//
//	node sign.mjs KEY.jwk [CLAIM=VALUE]... [life=SECONDS] [every=MILLISECONDS file=FILE]
//
// Prints one; with every, it replaces the file by a new one each time, until it is ended.

import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

import { SignJWT, importJWK } from 'jose';

const [, , file, ...pairs] = process.argv;
const jwk = JSON.parse(readFileSync(file, 'utf8'));
const key = await importJWK(jwk, jwk.alg);
const { life = '300', every, file: target, ...claims } = Object.fromEntries(
	pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));

async function sign() {
	const now = Math.floor(Date.now() / 1000);

	return new SignJWT({ ...claims, iat: now, exp: now + Number(life), jti: randomUUID() })
		.setProtectedHeader({ alg: jwk.alg, kid: jwk.kid }).sign(key);
}

async function replace() {
	writeFileSync(`${target}.new`, `${await sign()}\n`);
	renameSync(`${target}.new`, target);
}

if (every) {
	await replace();
	setInterval(replace, Number(every));
} else {
	process.stdout.write(`${await sign()}\n`);
}
