// SPDX-License-Identifier: MIT
// clock.mjs - a clock that can be fast or slow, for everything in this process

const TrueDate = Date;
let ahead = 0;	// milliseconds

globalThis.Date = class Date extends TrueDate {
	constructor(...parts) {
		if (parts.length > 0)
			super(...parts);
		else
			super(TrueDate.now() + ahead);
	}

	static now() {
		return TrueDate.now() + ahead;
	}
};

export function shiftClock(seconds) {
	ahead = seconds * 1000;
}
