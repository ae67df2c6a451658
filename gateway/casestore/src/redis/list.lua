#!lua
-- Puts a case on a party's list; the first time stays, the line is the last.
-- KEYS order lines   ARGV case at line
redis.call('ZCARD', KEYS[1])
redis.call('HLEN', KEYS[2])
redis.call('ZADD', KEYS[1], 'NX', ARGV[2], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return { 'done' }
