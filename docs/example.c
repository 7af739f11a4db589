/*
 * example.c - print a fresh access token of an account
 *
 *   cc example.c $(pkg-config --cflags --libs freshtoken) -o example
 *   ./example work
 */
#include <freshtoken.h>
#include <stdio.h>

int main(int argc, char *argv[])
{
	struct freshtoken *ft = NULL;
	struct freshtoken_token *token = NULL;
	struct freshtoken_error *error = NULL;

	if (argc != 2) {
		fprintf(stderr, "usage: example ACCOUNT\n");
		return 2;
	}
	int r = freshtoken_open(NULL, &ft, &error);

	if (r == 0)
		r = freshtoken_get(ft, argv[1], NULL, FRESHTOKEN_WAIT, &token, &error);
	if (r == 0)
		printf("%s\n", freshtoken_token_access(token));
	else
		fprintf(stderr, "example: %s\n", freshtoken_error_text(error));

	freshtoken_error_free(error);
	freshtoken_token_free(token);
	freshtoken_close(ft);
	return r == 0 ? 0 : 1;
}
