// SPDX-License-Identifier: MIT
// settings.mjs - settings from the command line, which tests may change later
//
// As an option --access-ttl 60, as an argument of the admin verb "set" access-ttl=60.

const choice = (...values) => (text) => (values.includes(text) ? text : undefined);
const seconds = (text) => (/^-?\d{1,9}$/.test(text) ? Number(text) : undefined);

const FORMS = {
	'access-ttl': [seconds, 3600],
	'code-ttl': [seconds, 60],
	'device-ttl': [seconds, 600],
	'id-ttl': [seconds, 3600],
	'refresh-ttl': [seconds, 14 * 24 * 3600],
	clock: [seconds, 0],	// ahead of the truth
	par: [choice('no', 'yes', 'required'), 'no'],	// RFC 9126; from the start
	dpop: [choice('no', 'yes', 'nonce'), 'no'],	// RFC 9449; nonce: proofs have to have one
	hmac: [choice('yes', 'no'), 'no'],	// whether clients may have HS…; from the start
	introspection: [choice('yes', 'no'), 'yes'],	// whether there is such an endpoint; from the start
	interval: [seconds, 0],	// between polls of a device; 0: not stated, which means 5
	polling: [choice('any', 'strict'), 'any'],	// strict: slow_down for whoever is faster
	registration: [choice('no', 'yes'), 'no'],	// RFC 7591 and 7592; from the start
	rotate: [choice('yes', 'no'), 'yes'],
	offline: [choice('consent', 'always'), 'consent'],	// when there is a refresh token
};

export const settings = Object.fromEntries(
	Object.entries(FORMS).map(([name, [, initial]]) => [name, initial]));

export const names = Object.keys(FORMS);

// change - undefined, or what is wrong
export function change(name, text) {
	if (!Object.hasOwn(FORMS, name))
		return `${name}: there is no such setting`;

	const value = FORMS[name][0](text);

	if (value === undefined)
		return `${name}: ${text} is no value of it`;
	settings[name] = value;
	return undefined;
}
