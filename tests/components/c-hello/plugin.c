// A plugin in C: a method that answers what it is given, and a subscription that notes what it is told of in its own subtree.

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c_hello.h"

typedef exports_tega_plugin_lifecycle_error_t error_t;
typedef c_hello_string_t string_t;

#define TEXT(literal) ((string_t){(uint8_t *)(literal), sizeof(literal) - 1})
#define LIST(array) {(array), sizeof(array) / sizeof((array)[0])}

// The glue frees what is returned, so every text in it is copied to the heap.
static string_t format(const char *pattern, ...) {
  va_list arguments, again;
  va_start(arguments, pattern);
  va_copy(again, arguments);
  size_t length = (size_t)vsnprintf(NULL, 0, pattern, again);
  va_end(again);
  char *text = malloc(length + 1);
  vsnprintf(text, length + 1, pattern, arguments);
  va_end(arguments);
  return (string_t){(uint8_t *)text, length};
}

static void *copy(const void *items, size_t size) { return memcpy(malloc(size), items, size); }

static bool fail(error_t *error, uint8_t code, const char *message) {
  *error = (error_t){code, format("%s", message)};
  return false;
}

static exports_tega_plugin_lifecycle_method_t method(const char *name, const char *summary) {
  string_t path[] = {format("c-hello"), format("%s", name)};
  return (exports_tega_plugin_lifecycle_method_t){
      .path = {copy(path, sizeof path), 2},
      .summary = format("%s", summary),
  };
}

void exports_tega_plugin_lifecycle_describe(exports_tega_plugin_lifecycle_description_t *told) {
  exports_tega_plugin_lifecycle_method_t methods[] = {
      method("echo", "Answers its arguments and who calls."),
      method("fail", "Answers with an error."),
      method("overflow", "Recurses without end."),
  };
  exports_tega_plugin_lifecycle_subscription_t subscription = {
      .tag = EXPORTS_TEGA_PLUGIN_LIFECYCLE_SUBSCRIPTION_COMMITS,
      .val = {.commits = format("greetings")},
  };
  string_t read = format("greetings");
  *told = (exports_tega_plugin_lifecycle_description_t){
      .name = format("c-hello"),
      .version = format("0.1.0"),
      .summary = format("Echoes, and notes the greetings it is told of."),
      .methods = {copy(methods, sizeof methods), sizeof methods / sizeof methods[0]},
      .subscriptions = {copy(&subscription, sizeof subscription), 1},
      .grants = {.read = {copy(&read, sizeof read), 1}},
  };
}

bool exports_tega_plugin_lifecycle_start(exports_tega_plugin_lifecycle_start_reason_t reason, error_t *error) {
  (void)error;
  printf("started for the reason %d\n", reason);
  return fflush(stdout) == 0;
}

void exports_tega_plugin_lifecycle_stop(void) { fprintf(stderr, "stopped\n"); }

// Of a depth that no compiler foresees, and not in the tail.
static int descend(volatile int *depth) {
  volatile char frame[1024];
  frame[0] = (char)++*depth;
  return *depth < 0 ? 0 : descend(depth) + frame[0];
}

bool exports_tega_plugin_methods_call(exports_tega_plugin_methods_path_t *path, string_t *positional, string_t *named,
                                      exports_tega_plugin_methods_author_t *caller, string_t *answer, error_t *error) {
  string_t name = path->ptr[path->len - 1];
  if (name.len == 4 && memcmp(name.ptr, "echo", 4) == 0) {
    string_t who = caller->name.is_some ? caller->name.val : TEXT("nobody");
    fprintf(stderr, "echo for %.*s\n", (int)who.len, (char *)who.ptr);
    *answer = format("{\"positional\":%.*s,\"named\":%.*s}", (int)positional->len, (char *)positional->ptr,
                     (int)named->len, (char *)named->ptr);
    return true;
  }
  if (name.len == 8 && memcmp(name.ptr, "overflow", 8) == 0) {
    volatile int depth = 0;
    *answer = format("%d", descend(&depth));
    return true;
  }
  return fail(error, TEGA_PLUGIN_TYPES_ERROR_CODE_INVALID, "this method fails whatever it is given");
}

bool exports_tega_plugin_subscriber_on_commit(exports_tega_plugin_subscriber_commit_t *commit, error_t *error) {
  char revision[32];
  int length = snprintf(revision, sizeof revision, "r%llu", (unsigned long long)commit->revision);
  string_t names[] = {TEXT("plugin"), TEXT("c-hello"), TEXT("seen"), {(uint8_t *)revision, (size_t)length}};
  tega_plugin_tree_path_t path = LIST(names);
  string_t value = format("{\"changes\":%zu}", commit->changes.len);
  return tega_plugin_tree_put(&path, &value, error);
}

bool exports_tega_plugin_subscriber_on_message(exports_tega_plugin_subscriber_message_t *message, error_t *error) {
  (void)message;
  return fail(error, TEGA_PLUGIN_TYPES_ERROR_CODE_FAILED, "it subscribed to no channel");
}

bool exports_tega_plugin_subscriber_on_gap(uint64_t first, uint64_t last, error_t *error) {
  (void)error;
  fprintf(stderr, "missed %llu to %llu\n", (unsigned long long)first, (unsigned long long)last);
  return true;
}
