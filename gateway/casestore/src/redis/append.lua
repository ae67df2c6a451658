#!lua
-- Appends a row to a case, with its due time, live row and outbox rows.
-- KEYS clock heads log due live-ids live outbox channel
-- ARGV case prev prev_rows new row due_in|'' live?1:0 live outbox...
local head = redis.call('HGET', KEYS[2], ARGV[1])
local offset = redis.call('GET', KEYS[1])
local rows = redis.call('LLEN', KEYS[3])
redis.call('ZCARD', KEYS[4])
redis.call('ZCARD', KEYS[5])
redis.call('HLEN', KEYS[6])
redis.call('LLEN', KEYS[7])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + (offset or 0)
if not head then
  return { 'gone' }
end
if head ~= ARGV[2] then
  return { 'moved', rows, now, redis.call('LRANGE', KEYS[3], ARGV[3], -1) }
end
redis.call('RPUSH', KEYS[3], ARGV[5])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[4])
if ARGV[6] == '' then
  redis.call('ZREM', KEYS[4], ARGV[1])
else
  redis.call('ZADD', KEYS[4], now + ARGV[6], ARGV[1])
end
if ARGV[7] == '0' then
  redis.call('ZREM', KEYS[5], ARGV[1])
  redis.call('HDEL', KEYS[6], ARGV[1])
else
  redis.call('ZADD', KEYS[5], 0, ARGV[1])
  redis.call('HSET', KEYS[6], ARGV[1], ARGV[8])
end
for i = 9, #ARGV do
  redis.call('RPUSH', KEYS[7], ARGV[i])
end
redis.call('SPUBLISH', KEYS[8], ARGV[1] .. ':' .. (rows + 1))
return { 'done', rows + 1, now }
