/* SPDX-License-Identifier: MIT */
/* What every comparison starts from: a dynamically linked program that does nothing. */
int main(void)
{
	return 0;
}
