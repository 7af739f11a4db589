/* SPDX-License-Identifier: MIT */
/* The program to which others are compared: dynamically linked, and does nothing. */
int main(void)
{
	return 0;
}
