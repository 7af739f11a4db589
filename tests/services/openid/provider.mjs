// SPDX-License-Identifier: MIT
// provider.mjs - an OpenID provider on loopback, for tests: panva's oidc-provider
//
//	node provider.mjs --port-file FILE [--keys-dir FOLDER] [--issuer URL] [--max-seconds N]
//		[--tls-cert FILE --tls-key FILE [--client-cert FILE --client-ca FILE]]
//		[--SETTING VALUE]...
//
// It listens on 127.0.0.1, on a port that it writes to the file, and ends on SIGTERM or after 1500
// seconds; --check only checks that it is completely installed. tests/services/README has the rest.

import './clock.mjs';	// first of all

import { X509Certificate, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { parseArgs } from 'node:util';

import { administration } from './admin.mjs';
import { shiftClock } from './clock.mjs';
import { makeEngine } from './engine.mjs';
import { makeClientKeys, makeSigningKeys } from './keys.mjs';
import { change, names, settings } from './settings.mjs';
import { trust } from './token.mjs';

function fail(message) {
	process.stderr.write(`provider: ${message}\n`);
	process.exit(1);
}

function readOptions() {
	const option = { type: 'string' };
	const own = ['port', 'port-file', 'keys-dir', 'issuer', 'max-seconds', 'tls-cert',
		'tls-key', 'client-cert', 'client-ca'];
	const { values } = parseArgs({
		options: {
			...Object.fromEntries([...own, ...names].map((name) => [name, option])),
			check: { type: 'boolean' },
		},
	});

	for (const name of names.filter((known) => values[known] !== undefined)) {
		const wrong = change(name, values[name]);

		if (wrong)
			fail(wrong);
	}
	return values;
}

const options = readOptions();

if (options.check)
	process.exit(0);
shiftClock(settings.clock);
setTimeout(() => fail('nobody has ended me'), Number(options['max-seconds'] ?? 1500) * 1000);

const jwtKeys = await makeClientKeys(options['keys-dir']);
const cookieKey = randomBytes(16).toString('hex');
const shown = options['client-cert'] && new X509Certificate(readFileSync(options['client-cert']));
let issuer, handle, signingKeys = [], generation = 0;

async function rotateKeys(keep) {
	generation++;

	const fresh = await makeSigningKeys(generation);

	signingKeys = keep ? [...fresh, ...signingKeys] : fresh;
	trust(issuer, signingKeys);
	handle = makeEngine(issuer, signingKeys, jwtKeys, cookieKey, shown).callback();
	return generation;
}

async function serve(req, res) {
	// node's own would tell the true time
	res.setHeader('Date', new Date().toUTCString());
	try {
		if (!await administration(req, res, rotateKeys))
			await handle(req, res);
	} catch (error) {
		process.stderr.write(`provider: ${error.stack}\n`);
		res.destroy();
	}
}

const secure = options['tls-cert'] !== undefined;
const server = secure
	? https.createServer({
		cert: readFileSync(options['tls-cert']), key: readFileSync(options['tls-key']),
		requestCert: shown !== undefined, rejectUnauthorized: false,
		ca: options['client-ca'] && readFileSync(options['client-ca']),
	}, serve)
	: http.createServer(serve);

server.on('error', (error) => fail(error.message));
server.listen(Number(options.port ?? 0), '127.0.0.1', async () => {
	const { port } = server.address();

	issuer = options.issuer ?? `${secure ? 'https' : 'http'}://127.0.0.1:${port}`;
	await rotateKeys(false);
	if (options['port-file']) {
		writeFileSync(`${options['port-file']}.new`, `${port}\n`);
		renameSync(`${options['port-file']}.new`, options['port-file']);
	}
});
